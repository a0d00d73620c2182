import { fork } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/core/errors.ts'
import { openFolder } from '../../src/platform/node/storage/open-folder.ts'
import { describeBlobStore, describeReplacement } from './contract/blob-store.ts'

const root = mkdtempSync(join(tmpdir(), 'weir-folder-'))
afterAll(() => rmSync(root, { recursive: true }))

let count = 0
const newPath = () => join(root, `${++count}`, 'images')
const key = `img_${'0'.repeat(32)}`
const bytes = new Uint8Array(1_000).fill(1)

const open = async () => ({ store: await openFolder(newPath()), close: () => {} })
describeBlobStore('folder', open)
describeReplacement('folder', open)

describe('folder', () => {
  it('keeps stored blobs when it is reopened', async () => {
    const path = newPath()
    await (await openFolder(path)).put(key, bytes, 'image/png')
    const blob = await (await openFolder(path)).read(key)
    expect(blob).toMatchObject({ contentType: 'image/png', size: 1_000 })
    if (blob !== undefined && 'cancel' in blob.body) blob.body.cancel()
  })

  it('leaves only the blob behind', async () => {
    const path = newPath()
    await (await openFolder(path)).put(key, bytes, 'image/png')
    expect(readdirSync(path)).toEqual([key])
  })

  it('names the path and the reason if it is not writable', async () => {
    const path = join(root, 'a-file')
    writeFileSync(path, '')
    await expect(openFolder(path)).rejects.toThrow(GatewayError)
    await expect(openFolder(path)).rejects.toThrow(`Cannot write into the folder ${path}: `)
  })

  it('R67 rejects with store_unavailable, without a path, if a blob cannot be written', async () => {
    const path = newPath()
    const store = await openFolder(path)
    rmSync(path, { recursive: true })
    writeFileSync(path, 'The folder became a file.')
    const failure = await store.put(key, bytes, 'image/png').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'store_unavailable', status: 503 })
    expect(String(failure)).not.toContain(root)
  })

  it('R71 rejects a truncated file', async () => {
    const path = newPath()
    const store = await openFolder(path)
    await store.put(key, bytes, 'image/png')
    truncateSync(join(path, key), statSync(join(path, key)).size - 1)
    await expect(store.read(key)).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  it('rejects a file without a valid header', async () => {
    const path = newPath()
    const store = await openFolder(path)
    for (const text of ['', 'no header', '{}\n', '[]\n', '{"contentType":1,"size":0}\n']) {
      writeFileSync(join(path, key), text)
      await expect(store.read(key)).rejects.toMatchObject({ code: 'store_unavailable' })
    }
  })

  it('removes only old partial files of a dead process', async () => {
    const path = newPath()
    await openFolder(path)
    const [old, young] = [join(path, `.${key}.old.tmp`), join(path, `.${key}.young.tmp`)]
    for (const file of [old, young]) writeFileSync(file, 'half')
    utimesSync(old, 0, 0)
    await openFolder(path)
    expect(readdirSync(path)).toEqual([`.${key}.young.tmp`])
    expect(readFileSync(young, 'utf8')).toBe('half')
  })

  it('R71 has every acknowledged blob, and only whole blobs, after the writer was killed', async () => {
    const path = newPath()
    const child = fork(join(import.meta.dirname, 'write-blobs.ts'), [path], { execArgv: [] })
    const acknowledged: string[] = []
    child.on('message', (written) => {
      acknowledged.push(String(written))
      if (acknowledged.length === 20) child.kill('SIGKILL')
    })
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    const visible = readdirSync(path).filter((name) => !name.startsWith('.'))
    expect(acknowledged.filter((name) => !visible.includes(name))).toEqual([])
    const store = await openFolder(path)
    for (const name of visible) {
      const blob = await store.read(name)
      expect(blob?.size).toBe(1_000_000)
      if (blob !== undefined && 'cancel' in blob.body) blob.body.cancel()
    }
  })
})
