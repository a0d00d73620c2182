import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { benchToken } from '../bench/gateways/bench-secrets.ts'
import { createBenchKeys } from '../bench/gateways/create-bench-keys.ts'
import { createRequestReader } from '../bench/upstream/create-request-reader.ts'
import { createWholeResponse } from '../bench/upstream/create-whole-response.ts'
import { streamOf } from '../bench/upstream/stream-of.ts'
import { createNodeServer } from '../src/platform/node/server/create-node-server.ts'

export type CallKind = 'json' | 'stream'

/** The files and functions of `src/` that one warm call runs. */
export interface CallTrace {
  readonly files: number
  readonly functions: number
  /** Paths from the project's root, in the order in which the call first enters them. */
  readonly filesInOrder: readonly string[]
}

const source = new URL('../src/', import.meta.url).href
const root = fileURLToPath(new URL('..', import.meta.url))
const warmUpCalls = 20
/** A function counts if all of these calls run it. That excludes functions that timers run. */
const measuredCalls = 5
/** Settlements are batched for a few milliseconds. */
const settleMs = 100

/**
 * Traces a chat of each kind on a server that runs from its sources, with an upstream, a database and a virtual key
 * with limits.
 */
export async function traceCalls(): Promise<Readonly<Record<CallKind, CallTrace>>> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-metrics-'))
  const upstream = createServer((socket) => {
    const read = createRequestReader((request) => {
      socket.write(request.includes('"stream":true') ? streamOf(3, true).whole : createWholeResponse('json', 600))
    })
    socket.on('error', () => socket.destroy())
    socket.on('data', read)
  })
  // Each breakpoint discards this compiler's code and walks the whole heap: 4 s for the breakpoints of two calls.
  setFlagsFromString('--no-sparkplug')
  const session = new Session()
  session.connect()
  try {
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const { port } = upstream.address() as AddressInfo
    await createBenchKeys(folder)
    // Counting starts before the first compilation: code that is already compiled may be counted coarsely.
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
    const server = await createNodeServer({
      env: {
        STORAGE_PATH: folder,
        OPENAI_API_KEY: 'sk-upstream',
        OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
        WEIR_CONFIG: JSON.stringify({ prices: { 'openai/*': { input: 2.5, output: 10 } } }),
      },
    })
    const { url } = await server.listen(0, '127.0.0.1')
    const traces = {
      json: await traceCall(session, () => chat(url, {})),
      stream: await traceCall(session, () => chat(url, { stream: true, stream_options: { include_usage: true } })),
    }
    await server.close(1_000)
    return traces
  } finally {
    session.disconnect()
    upstream.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function chat(url: string, more: object): Promise<void> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${benchToken}` },
    body: JSON.stringify({ model: 'openai/bench', messages: [{ role: 'user', content: 'Hello' }], ...more }),
  })
  const body = await response.text()
  if (!response.ok) throw new Error(`the call failed with ${response.status}: ${body}`)
}

async function traceCall(session: Session, call: () => Promise<void>): Promise<CallTrace> {
  for (let count = 0; count < warmUpCalls; count++) await call()
  await delay(settleMs)
  await takeRun(session)
  let run: readonly RunFunction[] | undefined
  for (let count = 0; count < measuredCalls; count++) {
    await call()
    await delay(settleMs)
    const now = await takeRun(session)
    run = run === undefined ? [...now.values()] : run.filter(({ id }) => now.has(id))
  }
  return {
    files: new Set(run?.map(({ url }) => url)).size,
    functions: run?.length ?? 0,
    filesInOrder: await listInOrder(session, run ?? [], call),
  }
}

interface RunFunction {
  readonly id: string
  readonly scriptId: string
  readonly url: string
  /** Offset in the script, in characters. */
  readonly start: number
}

/** Returns the functions of `src/` that ran since the last call of this function. An id is a file and a range in it. */
async function takeRun(session: Session): Promise<ReadonlyMap<string, RunFunction>> {
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const run = new Map<string, RunFunction>()
  for (const { scriptId, url, functions } of result.filter((script) => script.url.startsWith(source))) {
    for (const { ranges } of functions) {
      const [range] = ranges
      if (range === undefined || range.count === 0) continue
      const id = `${url} ${range.startOffset} ${range.endOffset}`
      run.set(id, { id, scriptId, url, start: range.startOffset })
    }
  }
  return run
}

/**
 * Repeats the call with a breakpoint at the start of each function. Its condition records the file and never pauses.
 */
async function listInOrder(
  session: Session,
  run: readonly RunFunction[],
  call: () => Promise<void>,
): Promise<readonly string[]> {
  const entered = new Set<string>()
  Object.assign(globalThis, { weirEntered: entered })
  await session.post('Debugger.enable')
  for (const { scriptId, url, start } of run) {
    const before = readFileSync(fileURLToPath(url), 'utf8').slice(0, start).split('\n')
    const location = { scriptId, lineNumber: before.length - 1, columnNumber: before.at(-1)?.length ?? 0 }
    const path = relative(root, fileURLToPath(url))
    const { locations } = await session.post('Debugger.getPossibleBreakpoints', {
      start: location,
      restrictToFunction: true,
    })
    const [first] = locations
    if (first === undefined) continue
    const condition = `globalThis.weirEntered.add(${JSON.stringify(path)}), false`
    await session.post('Debugger.setBreakpoint', { location: first, condition })
  }
  await call()
  await delay(settleMs)
  await session.post('Debugger.disable')
  return [...entered]
}
