import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { S3Settings } from '../../src/config/settings.ts'
import { nodeClock } from '../../src/platform/node/node-clock.ts'
import { createUndiciTransport } from '../../src/platform/node/upstream/undici-transport.ts'
import { createS3BlobStore } from '../../src/storage/s3/create-s3-blob-store.ts'
import { closedAddress } from '../support/closed-address.ts'
import { type S3Server, startS3 } from '../support/start-s3.ts'
import { describeBlobStore } from './contract/blob-store.ts'

// The access key of s3rver. This fork checks every signature; the original accepts any version 4 signature.
const settings = { bucket: 'images', region: 'us-east-1', accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }
const key = `img_${'1'.repeat(32)}`

const directory = mkdtempSync(join(tmpdir(), 'weir-s3-'))
const transport = createUndiciTransport()
let server: S3Server
let endpoint = ''

beforeAll(async () => {
  server = await startS3(directory, 'images')
  endpoint = `http://127.0.0.1:${server.port}`
})
afterAll(async () => {
  await transport.close()
  await server.close()
  rmSync(directory, { recursive: true })
})

const open = (changes: Partial<S3Settings> = {}) =>
  createS3BlobStore({ endpoint, ...settings, ...changes }, { transport, clock: nodeClock })

// `describeReplacement` is not run: s3rver, unlike S3, replaces an object's file in place.
describeBlobStore('S3', async () => ({ store: open(), close: () => {} }))

describe('S3', () => {
  it.each([
    ['a wrong secret', { secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
    ['an unknown key', { accessKeyId: 'nobody' }, 'InvalidAccessKeyId'],
    ['a bucket that does not exist', { bucket: 'nowhere' }, 'NoSuchBucket'],
  ])(
    'rejects with store_unavailable for %s, with the server’s reason only for the log',
    async (_name, changes, reason) => {
      const failure = await open(changes)
        .put(key, new Uint8Array(3), 'image/png')
        .catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'store_unavailable', cause: { message: expect.stringContaining(reason) } })
      expect(String(failure)).not.toContain(reason)
    },
  )

  it('rejects reads with a wrong secret', async () => {
    await open().put(key, new Uint8Array(3), 'image/png')
    await expect(open({ secretAccessKey: 'wrong' }).read(key)).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  it('rejects with store_unavailable if no server listens', async () => {
    const store = open({ endpoint: `http://${closedAddress}` })
    await expect(store.put(key, new Uint8Array(3), 'image/png')).rejects.toMatchObject({ code: 'store_unavailable' })
    await expect(store.read(key)).rejects.toMatchObject({ code: 'store_unavailable' })
    await expect(store.delete(key)).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  it('times out on a silent server', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : 0
    const clock = { ...nodeClock, after: (_delayMs: number, action: () => void) => nodeClock.after(50, action) }
    const store = createS3BlobStore({ ...settings, endpoint: `http://127.0.0.1:${port}` }, { transport, clock })
    await expect(store.read(key)).rejects.toMatchObject({
      code: 'store_unavailable',
      cause: { message: 'The S3 server did not respond in time.' },
    })
    silent.closeAllConnections()
    silent.close()
  })
})
