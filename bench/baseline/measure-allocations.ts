import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { baselinePairs, type Gateway, type GatewayName } from '../gateways/gateway.ts'
import type { Loader } from '../load/start-loader.ts'
import { toLoad } from '../scenarios/measure.ts'
import type { Scenario } from '../scenarios/scenario.ts'

/** Bytes that one call allocates on V8's heap, in one server. */
export interface Allocation {
  readonly name: GatewayName
  /** The scenario's id. */
  readonly scenario: string
  readonly bytes: number
}

export interface AllocationOptions {
  readonly names: readonly GatewayName[]
  readonly scenarios: readonly Scenario[]
  readonly start: (name: GatewayName) => Promise<Gateway>
  readonly loader: Loader
  readonly folder: string
  readonly say: (line: string) => void
}

/** A paced stream takes some seconds, and allocates as much as a dozen requests. */
const calls = { request: 2_000, burst: 400, paced: 128 }

/**
 * At a faster pace, events arrive together on a busy machine, and Weir forwards them in one write with up to a fifth
 * less.
 */
const calmPaceMs = 25

/** V8 keeps compiling for about ten thousand requests, and compiled code allocates up to a fifth less. */
const warmUpFactor = 5
/** For a scenario after another one that has run the same code. */
const warmFactor = 0.5

/** A settlement follows its response by a few milliseconds, a batch of log lines its first line by 20 ms. */
const settleMs = 200

/**
 * Starts each compared server again with a heap profiler, and sends a fixed number of calls. Two runs differ by 1 to 3
 * %; only paced streams need a machine that is not overloaded.
 */
export async function measureAllocations(options: AllocationOptions): Promise<readonly Allocation[]> {
  const { names, scenarios, loader, say } = options
  const compared: readonly GatewayName[] = baselinePairs.flat()
  const allocations: Allocation[] = []
  for (const name of names.filter((one) => compared.includes(one))) {
    say(`bytes allocated by ${name}`)
    const socket = join(options.folder, `heap-${name}`)
    const gateway = await startWatched(name, socket, options)
    for (const [index, scenario] of scenarios.entries()) {
      const { origin, headers } = gateway
      const isPaced = scenario.paceMs > 0
      const counted = calls[isPaced ? 'paced' : scenario.unit === 'stream' ? 'burst' : 'request']
      // The model's name sets the upstream's pace.
      const body = isPaced ? scenario.body.replace(/("events-\d+-)\d+"/, `$1${calmPaceMs}"`) : scenario.body
      const load = { ...toLoad(scenario), origin, headers, body }
      const isCold = index === 0 || scenario.warmUpMs > 0
      await loader.run({ ...load, calls: counted * (isCold ? warmUpFactor : warmFactor) })
      await delay(settleMs)
      await readAllocated(socket)
      const { faulty } = await loader.run({ ...load, calls: counted })
      await delay(settleMs)
      const bytes = (await readAllocated(socket)) / counted
      if (faulty === 0) allocations.push({ name, scenario: scenario.id, bytes })
      else say(`${name} fails ${scenario.id}: ${faulty} of ${counted} responses are wrong`)
    }
    await gateway.stop()
  }
  return allocations
}

/**
 * Starts a server with the profiler in its environment, which every baseline passes to its server, however old it is.
 */
async function startWatched(name: GatewayName, socket: string, { start }: AllocationOptions): Promise<Gateway> {
  const { NODE_OPTIONS = '' } = process.env
  const preload = new URL('watch-heap.ts', import.meta.url).href
  process.env.NODE_OPTIONS = `${NODE_OPTIONS} --import=${preload}`
  process.env.WEIR_HEAP_SOCKET = socket
  try {
    return await start(name)
  } finally {
    process.env.NODE_OPTIONS = NODE_OPTIONS
    delete process.env.WEIR_HEAP_SOCKET
  }
}

/** Resolves with the bytes allocated since the previous read. */
async function readAllocated(path: string): Promise<number> {
  const socket = connect(path)
  await once(socket, 'connect')
  return Number(await text(socket))
}
