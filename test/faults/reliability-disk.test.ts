import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { png } from '../pipeline/images/pictures.ts'
import { chatChunksWithUsage, chatCompletion, chatRequest } from '../support/fixtures.ts'
import { gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import type { LogLine } from '../support/log-book.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { startWeirProcess } from './start-weir-process.ts'

// A real server on a disk that fails while it runs, in two ways:
// - a preloaded library makes its writes fail with each error of a disk;
// - a disk of 64 MB is really full. This needs a mount namespace.

const { errno } = constants
const folder = mkdtempSync(join(tmpdir(), 'weir-disk-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const library = buildLibrary()
if (library === undefined)
  console.warn(
    'The tests of failing disks are skipped: they need Linux and a C compiler (cc, with the headers of libc).',
  )

const canMount =
  process.platform === 'linux' && spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', folder]).status === 0
if (!canMount)
  console.warn('The test of a full disk is skipped: it needs Linux, and `unshare -rm` with permission to mount.')

function buildLibrary(): string | undefined {
  const source = fileURLToPath(new URL('./failing-disk.c', import.meta.url))
  const path = join(folder, 'failing-disk.so')
  if (process.platform !== 'linux') return undefined
  return spawnSync('cc', ['-shared', '-fPIC', '-o', path, source, '-ldl']).status === 0 ? path : undefined
}

const adminToken = 'admin-secret-of-the-disk-tests-5e0c81f2'
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A disk that works until the test breaks it. */
interface Disk {
  /** The storage folder, from the server's view. */
  readonly path: string
  readonly env: Readonly<Record<string, string>>
  readonly wrapper?: readonly string[]
  /** Returns the path of the same folder, from the test's view. */
  seenBy(pid: number): string
}

let disks = 0

function breakableDisk() {
  const path = join(folder, `disk-${++disks}`)
  const faultFile = `${path}.fault`
  return {
    path,
    env: { LD_PRELOAD: String(library), WEIR_DISK: path, WEIR_DISK_FAULT: faultFile },
    seenBy: () => path,
    fail: (code: number, operations: 'w' | 'rw') => writeFileSync(faultFile, `${code}${operations}`),
    mend: () => rmSync(faultFile, { force: true }),
  }
}

async function startOn(disk: Disk, options: { readonly config?: object; readonly logFile?: number } = {}) {
  const upstream = await startScriptedUpstream()
  closers.push(upstream.close)
  upstream.respond({
    play: (wire, exchange) => {
      const { stream } = exchange.bodyJson as { readonly stream?: boolean }
      const script = stream === true ? sse(chatChunksWithUsage) : json(200, chatCompletion)
      return script.play(wire, exchange)
    },
  })
  const config = { prices: { 'openai/*': { input: 2, output: 8 } }, ...options.config }
  const server = await startWeirProcess(
    {
      ...toOpenAIEnv(upstream),
      ADMIN_TOKEN: adminToken,
      STORAGE_PATH: disk.path,
      WEIR_CONFIG: JSON.stringify(config),
      ...disk.env,
    },
    [],
    { wrapper: disk.wrapper ?? [], ...(options.logFile !== undefined && { logFile: options.logFile }) },
  )
  closers.push(server.close)
  const admin = async (path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${server.url}/admin/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    expect(response.status).toBeLessThan(300)
    return (await response.json()) as Record<string, unknown>
  }
  const key = await admin('/keys', { name: 'x', limits: { budgets: [{ usd: 1000, per: 'month' }] } })
  return {
    server,
    upstream,
    key: { id: String(key.id), secret: String(key.secret) },
    admin,
    balance: () => admin(`/keys/${key.id}/balance`),
    records: async () => (await admin('/records')) as unknown as readonly Record<string, unknown>[],
    ready: async () => {
      const response = await fetch(`${server.url}/readyz`)
      return { status: response.status, says: ((await response.json()) as { status: string }).status }
    },
  }
}

type Started = Awaited<ReturnType<typeof startOn>>

/** Starts callers that repeat their calls until they are stopped. Half of them request streams. */
function startLoad({ server, key }: Started) {
  const served = new Set<string>()
  const refusals: unknown[] = []
  const others: unknown[] = []
  let isOver = false
  const call = async (stream: boolean) => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...chatRequest, max_tokens: 100, stream }),
    })
    const text = await response.text()
    if (response.status === 200 && (!stream || text.endsWith('data: [DONE]\n\n')))
      served.add(String(response.headers.get('x-generation-id')))
    else if (response.status === 503) refusals.push((JSON.parse(text) as { error: { code: string } }).error.code)
    else others.push(text)
  }
  const callers = Array.from({ length: 8 }, async (_, caller) => {
    while (!isOver) await call(caller % 2 === 0).catch((error: unknown) => others.push(error))
  })
  const stop = async () => {
    isOver = true
    await Promise.all(callers)
  }
  closers.push(stop)
  return { served, refusals, others, stop }
}

/** Makes a disk fail under load, repairs it, and compares the ledger with the callers' and the provider's view. */
async function breakAndMend(started: Started, { fail, mend, says }: { fail(): void; mend(): void; says: RegExp }) {
  const { server, upstream, ready } = started
  expect(await ready()).toEqual({ status: 200, says: 'ready' })
  const load = startLoad(started)
  await until(() => load.served.size >= 40)
  fail()
  await until(async () => (await ready()).status === 503)
  expect(await ready()).toEqual({ status: 503, says: 'the storage cannot be written' })
  const notice = await server.findLog(isNotice)
  expect(notice).toMatchObject({ level: 'error', cause: expect.stringMatching(says) })
  const refused = load.refusals.length
  await until(() => load.refusals.length >= refused + 40)
  mend()
  const before = load.served.size
  await until(async () => (await ready()).status === 200 && load.served.size >= before + 40)
  await load.stop()
  await until(async () => (await started.balance()).open_calls === 0)

  expect(load.others).toEqual([])
  expect(load.refusals.every((code) => code === 'store_unavailable')).toBe(true)
  // Weir sends no call that it cannot record, and its records miss none that it sent.
  expect(upstream.requests).toHaveLength(load.served.size)
  const records = await started.records()
  expect(new Set(records.map(({ id }) => id))).toEqual(load.served)
  expect(records.every(({ outcome }) => outcome === 'ok')).toBe(true)
  const toNano = (usd: unknown) => Math.round(Number(usd) * 1e9)
  const spentNano = records.reduce((sum, { cost_usd: cost }) => sum + toNano(cost), 0)
  const balance = await started.balance()
  expect(balance).toMatchObject({ reserved_usd: '0', open_calls: 0, open_streams: 0 })
  expect(toNano(balance.spent_usd)).toBe(spentNano)
  expect(await server.findLog(({ event, level }) => event === 'storage' && level === 'info')).toMatchObject({
    cause: expect.stringMatching(/can be written again/),
  })
  // The log reports the failure once, however many calls are refused.
  expect(server.logs().filter(isNotice)).toHaveLength(1)
  server.signal('SIGTERM')
  expect(await server.exited).toBe(0)
}

const isNotice = ({ event, level }: LogLine) => event === 'storage' && level === 'error'

describe.runIf(library !== undefined)('a disk that fails under a running server', () => {
  test.each([
    ['is full (ENOSPC)', errno.ENOSPC, 'w', /weir\.db cannot be written \(database or disk is full\)\. Free space/],
    ['fails to read and to write (EIO)', errno.EIO, 'rw', /Its disk fails/],
    ['becomes read-only (EROFS)', errno.EROFS, 'w', /Its disk fails or has become read-only/],
  ] as const)(
    'R67 R44 R39: a disk that %s loses no call, and the server recovers without a restart',
    { timeout: 60_000 },
    async (_, code, operations, says) => {
      const disk = breakableDisk()
      const started = await startOn(disk)
      await breakAndMend(started, { fail: () => disk.fail(code, operations), mend: disk.mend, says })
    },
  )
})

describe.runIf(library !== undefined)('a full disk', () => {
  test('R67 a server that is stopped while its disk is full exits regularly', async () => {
    const disk = breakableDisk()
    const { server, ready } = await startOn(disk)
    disk.fail(errno.ENOSPC, 'w')
    await until(async () => (await ready()).status === 503)
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
    expect(server.faults()).toEqual([])
  })

  test('R67 P14 P19 with `on_store_failure: allow`, the server stays ready and `/readyz` reports the problem', async () => {
    const disk = breakableDisk()
    const { server, ready } = await startOn(disk, { config: { metering: { on_store_failure: 'allow' } } })
    disk.fail(errno.ENOSPC, 'w')
    await server.findLog(isNotice)
    expect(await ready()).toEqual({ status: 200, says: 'ready, but the storage cannot be written' })
  })

  test('R67 R66 a log on a full disk loses lines, and continues with whole lines once it has space', async () => {
    const disk = breakableDisk()
    const logPath = join(disk.path, 'weir.log')
    mkdirSync(disk.path)
    const logFile = openSync(logPath, 'a')
    closers.push(async () => closeSync(logFile))
    // The storage is on another disk.
    const { server, key } = await startOn({ ...disk, path: join(folder, `storage-${disks}`) }, { logFile })
    const call = async (id: string) => {
      const headers = { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json', 'x-request-id': id }
      const body = JSON.stringify({ ...chatRequest, max_tokens: 100 })
      const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body })
      return response.status
    }
    const logged = () =>
      readFileSync(logPath, 'utf8')
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [JSON.parse(line).request_id]))
    expect(await call('before')).toBe(200)
    await until(() => logged().includes('before'))
    disk.fail(errno.ENOSPC, 'w')
    // The log is flushed 20 ms after the first line.
    let calls = 0
    for (const end = performance.now() + 100; performance.now() < end || calls < 9; calls++)
      expect(await call('meanwhile')).toBe(200)
    disk.mend()
    expect(await call('after')).toBe(200)
    await until(() => logged().includes('after'))
    expect(logged().filter((id) => id === 'meanwhile').length).toBeLessThan(calls)
  })

  test.each([
    ['full', errno.ENOSPC],
    ['read-only', errno.EROFS],
    ['broken', errno.EIO],
  ])(
    'R67 R71 while the image disk is %s, callers receive the provider’s image, and no partial file remains',
    async (_, code) => {
      const disk = breakableDisk()
      const images = join(disk.path, 'images')
      // The database is on another disk.
      const { server, upstream } = await startOn({ ...disk, env: { ...disk.env, WEIR_DISK: images } }, {})
      upstream.respond(json(200, { created: 1, data: [{ b64_json: png.toString('base64') }] }))
      const headers = { authorization: `Bearer ${gatewayToken}`, 'content-type': 'application/json' }
      const draw = async () => {
        const body = JSON.stringify({ model: 'dall-e-3', prompt: 'a weir', response_format: 'b64_json' })
        const response = await fetch(`${server.url}/v1/images/generations`, { method: 'POST', headers, body })
        expect(response.status).toBe(200)
        const { data } = (await response.json()) as {
          data: readonly { readonly url?: string; readonly b64_json: string }[]
        }
        expect(data[0]?.b64_json).toBe(png.toString('base64'))
        return { kept: response.headers.get('x-weir-images'), url: String(data[0]?.url) }
      }
      const first = await draw()
      expect(first.kept).toBe('kept')
      disk.fail(code, 'rw')
      expect((await draw()).kept).toBe('not-kept')
      expect(await server.findLog(({ cause }) => String(cause).startsWith('An image was not kept'))).toBeDefined()
      expect((await fetch(first.url)).status).toBe(503)
      disk.mend()
      for (const { kept, url } of [first, await draw()]) {
        expect(kept).toBe('kept')
        expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(png)
      }
      expect(readdirSync(images)).toHaveLength(2)
      expect(readdirSync(images).filter((name) => name.startsWith('.'))).toEqual([])
    },
  )
})

describe.runIf(canMount)('a small disk', () => {
  test('R67 R44 R39: a really full disk loses no call, and the server recovers without a restart', {
    timeout: 60_000,
  }, async () => {
    const path = join(folder, `disk-${++disks}`)
    const script = `mkdir -p ${path} && mount -t tmpfs -o size=64m tmpfs ${path} && exec "$@"`
    const disk: Disk = {
      path,
      env: { PATH: String(process.env.PATH) },
      wrapper: ['unshare', '-rm', 'sh', '-c', script, 'sh'],
      seenBy: (pid) => `/proc/${pid}/root${path}`,
    }
    const started = await startOn(disk)
    const ballast = join(disk.seenBy(started.server.pid), 'ballast')
    await breakAndMend(started, {
      fail: () => fillDisk(ballast),
      mend: () => rmSync(ballast),
      says: /weir\.db cannot be written/,
    })
  })
})

function fillDisk(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (const size of [65_536, 4_096, 1]) {
      try {
        for (;;) writeFileSync(file, Buffer.alloc(size))
      } catch {}
    }
  } finally {
    closeSync(file)
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`This did not become true: ${condition}`)
    await pause(20)
  }
}
