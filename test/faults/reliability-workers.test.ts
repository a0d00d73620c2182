import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { createLogBook } from '../support/log-book.ts'
import { withDeadline } from '../support/with-deadline.ts'

const commandLine = fileURLToPath(new URL('../../src/platform/node/cli.ts', import.meta.url))

interface Workers {
  readonly url: string
  readonly pid: number
  readonly exited: Promise<number | null>
  /** Resolves when the process has said this. */
  said(pattern: RegExp): Promise<void>
  close(): Promise<void>
}

async function startWorkers(count: number): Promise<Workers> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-workers-'))
  const child = spawn(process.execPath, [commandLine, 'serve', '--workers', String(count)], {
    cwd: folder,
    env: { PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const book = createLogBook()
  const listeners = new Set<() => void>()
  const hear = (line: string) => {
    book.add(line)
    for (const listener of listeners) listener()
  }
  createInterface({ input: child.stdout }).on('line', hear)
  createInterface({ input: child.stderr }).on('line', hear)
  const exited = Promise.withResolvers<number | null>()
  child.once('close', (code) => exited.resolve(code))
  const said = (pattern: RegExp) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const listen = () => void (pattern.test(book.text) && resolve())
    listeners.add(listen)
    listen()
    return withDeadline(promise, 50_000, () => `${pattern} was not said:\n${book.text}`)
  }
  await said(/http:\/\/[^/]+:\d+/)
  await said(/workers are ready/)
  return {
    url: `http://127.0.0.1:${/http:\/\/[^/]+:(\d+)/.exec(book.text)?.[1]}`,
    pid: child.pid ?? 0,
    exited: exited.promise,
    said,
    async close() {
      child.kill('SIGKILL')
      await exited.promise
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const body = JSON.stringify({ model: 'demo/chat', messages: [{ role: 'user', content: 'Hello' }] })

/** Each on a connection of its own, since a connection stays with its worker. */
async function ask(url: string): Promise<number> {
  const headers = { 'content-type': 'application/json', connection: 'close' }
  // A connection that nobody took would wait for ever.
  const signal = AbortSignal.timeout(15_000)
  const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body, signal })
  await answer.text()
  return answer.status
}

/** Each case starts up to five processes, which takes seconds on a busy machine. */
describe('several worker processes', { timeout: 60_000 }, () => {
  const started: Workers[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map((workers) => workers.close()))
  })

  async function start(count: number): Promise<Workers> {
    const workers = await startWorkers(count)
    started.push(workers)
    return workers
  }

  it('share a port, and stop together when they are told to', async () => {
    const { url, pid, exited } = await start(2)
    expect(await Promise.all(Array.from({ length: 8 }, () => ask(url)))).toEqual(Array(8).fill(200))
    process.kill(pid, 'SIGTERM')
    expect(await exited).toBe(0)
  })

  it('are replaced one after the other without a refused or a forgotten connection', async () => {
    const { url, pid, said } = await start(2)
    let isOver = false
    const statuses = new Set<number>()
    const keepAsking = async () => {
      while (!isOver) statuses.add(await ask(url))
    }
    const askers = [keepAsking(), keepAsking()]
    process.kill(pid, 'SIGHUP')
    await said(/All workers are new/)
    isOver = true
    await Promise.all(askers)
    expect([...statuses]).toEqual([200])
  })

  it.runIf(process.platform === 'linux')('are replaced when they die', async () => {
    const { url, pid, said } = await start(2)
    const [victim] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number)
    process.kill(victim ?? 0, 'SIGKILL')
    await said(/Worker \d+ ended \(SIGKILL\); another one starts/)
    expect(await Promise.all(Array.from({ length: 8 }, () => ask(url)))).toEqual(Array(8).fill(200))
  })

  it('say so when the number is none', async () => {
    const child = spawn(process.execPath, [commandLine, 'serve', '--workers', 'many'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const said = await new Response(child.stderr as unknown as BodyInit).text()
    expect(said).toContain('WORKERS: must be a whole number from 1 to 256, or `auto`')
  })
})
