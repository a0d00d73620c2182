import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { runWeir } from '../cli/run-weir.ts'
import { startWeirProcess, type WeirProcess } from './start-weir-process.ts'

const body = JSON.stringify({ model: 'demo/chat', messages: [{ role: 'user', content: 'Hello' }] })

/** Sends a call on a new connection, because a connection stays with its worker. */
async function ask(url: string): Promise<number> {
  const headers = { 'content-type': 'application/json', connection: 'close' }
  // A connection that no worker accepts would wait for ever.
  const signal = AbortSignal.timeout(15_000)
  const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body, signal })
  await response.text()
  return response.status
}

/** Each case starts up to five processes, which takes seconds on a busy machine. */
describe('several worker processes', { timeout: 60_000 }, () => {
  const started: WeirProcess[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map((workers) => workers.close()))
  })

  async function start(count: number): Promise<WeirProcess> {
    const workers = await startWeirProcess({}, [], { args: ['--workers', String(count)], timeoutMs: 50_000 })
    started.push(workers)
    await workers.said(/workers are ready/)
    return workers
  }

  it('share a port, and stop together on SIGTERM', async () => {
    const { url, signal, exited } = await start(2)
    expect(await Promise.all(Array.from({ length: 8 }, () => ask(url)))).toEqual(Array(8).fill(200))
    signal('SIGTERM')
    expect(await exited).toBe(0)
  })

  it('are replaced one after another on SIGUSR2, without a refused or lost connection', async () => {
    const { url, signal, said } = await start(2)
    let isOver = false
    const statuses = new Set<number>()
    const repeatCalls = async () => {
      while (!isOver) statuses.add(await ask(url))
    }
    const callers = [repeatCalls(), repeatCalls()]
    signal('SIGUSR2')
    await said(/All workers were replaced/)
    isOver = true
    await Promise.all(callers)
    expect([...statuses]).toEqual([200])
  })

  it.runIf(process.platform === 'linux')('are replaced when they die', async () => {
    const { url, pid, said } = await start(2)
    const [victim] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number)
    process.kill(victim ?? 0, 'SIGKILL')
    await said(/Worker \d+ ended \(SIGKILL\)\. A new worker starts/)
    expect(await Promise.all(Array.from({ length: 8 }, () => ask(url)))).toEqual(Array(8).fill(200))
  })

  it('exit if their port is in use, and report it once', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const args = ['serve', '--workers', '3', '--port', String(port)]
    const { code, stderr } = await runWeir(args, { folder: tmpdir(), env: { STORAGE_PATH: 'none' } })
    other.close()
    expect(code).toBe(2)
    expect(stderr.match(/cannot listen on \S+ \(EADDRINUSE\)/g)).toHaveLength(1)
  })

  it('report an invalid number', async () => {
    const { stderr } = await runWeir(['serve', '--workers', 'many'], { folder: tmpdir() })
    expect(stderr).toContain('WORKERS: must be a whole number from 1 to 256, or `auto`')
  })

  it('are required for SIGUSR2: a single process ignores it', async () => {
    const single = await startWeirProcess({}, [], { timeoutMs: 50_000 })
    started.push(single)
    single.signal('SIGUSR2')
    await single.said(/This server is a single process and keeps running/)
    expect(await ask(single.url)).toBe(200)
  })
})
