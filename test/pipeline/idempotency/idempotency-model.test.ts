import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatewayError } from '../../../src/core/errors.ts'
import { toText } from '../../../src/core/gateway-response.ts'
import { type Bench, chat, openBench, type PendingCall, type SentCall } from './open-idempotency.ts'

const second = 1_000
const day = 86_400 * second
const lease = 30 * second

/** The expected status of an owner's key. */
interface Expected {
  readonly prompt: string
  readonly status: 'running' | 'lost' | 'done'
  /** The number of the call sent for it. */
  readonly number: number
  readonly response?: string
  readonly expiresAt: number
}

/** A call that the provider is processing. */
interface Pending {
  readonly slot: string
  readonly number: number
  readonly sent: SentCall
  readonly running: PendingCall
}

/** The servers, the provider, and the model's expectations. */
interface World {
  readonly bench: Bench
  readonly expected: Map<string, Expected>
  pending: Pending[]
  now: number
  /** By owner and key: when the server that sent the call died. */
  readonly deaths: Map<string, number>
}

type Step = (world: World) => Promise<void>

const call =
  (owner: string, key: string, prompt: string): Step =>
  async (world) => {
    const slot = `${owner} ${key}`
    const running = world.bench.call({ owner, key, body: { ...chat, user: prompt } })
    await yieldToEventLoop()
    const known = current(world, slot)
    if (known === undefined) {
      const [sent] = running.sent
      if (sent === undefined) throw new Error(`no call was sent for ${slot}`)
      const number = world.bench.sent.length
      world.pending.push({ slot, number, sent, running })
      world.expected.set(slot, { prompt, status: 'running', number, expiresAt: world.now + day })
      return
    }
    expect(running.sent.length, 'a call that is sent twice').toBe(0)
    expect(await outcomeOf(running)).toEqual(toOutcome(world, slot, known, prompt))
  }

const respond =
  (index: number, status: number): Step =>
  async (world) => {
    const pending = world.pending[index % Math.max(1, world.pending.length)]
    if (pending === undefined) return
    const { slot, sent, running, number } = pending
    const body = JSON.stringify({ number, status })
    sent.respond({ status, headers: { 'content-type': 'application/json' }, body })
    expect(toText((await running.response).body as string)).toBe(body)
    world.pending = world.pending.filter((other) => other !== pending)
    const known = world.expected.get(slot)
    if (known?.number !== number) return
    if (status >= 500 || status === 429) world.expected.delete(slot)
    else world.expected.set(slot, { ...known, status: 'done', response: body, expiresAt: world.now + day })
  }

const fail =
  (index: number): Step =>
  async (world) => {
    const pending = world.pending[index % Math.max(1, world.pending.length)]
    if (pending === undefined) return
    pending.sent.fail(new GatewayError('upstream_unreachable', 'Gone.'))
    await expect(pending.running.response).rejects.toThrow('Gone.')
    world.pending = world.pending.filter((other) => other !== pending)
    world.expected.delete(pending.slot)
  }

const leave =
  (index: number): Step =>
  async (world) => {
    const pending = world.pending[index % Math.max(1, world.pending.length)]
    pending?.running.leave()
    expect(pending?.sent.call.signal.aborted ?? false).toBe(false)
  }

const crash: Step = async (world) => {
  for (const { slot } of world.pending) world.deaths.set(slot, world.now)
  world.pending = []
  world.bench.crash()
}

const pass =
  (ms: number): Step =>
  async (world) => {
    await world.bench.pass(ms)
    world.now += ms
  }

function current({ expected, now }: World, slot: string): Expected | undefined {
  const known = expected.get(slot)
  return known === undefined || known.expiresAt <= now ? undefined : known
}

function toOutcome({ deaths, pending, now }: World, slot: string, known: Expected, prompt: string): unknown {
  if (known.prompt !== prompt) return 'idempotency_mismatch'
  if (known.status === 'done') return known.response
  if (pending.some(({ number }) => number === known.number)) return 'idempotency_in_progress'
  // A server renews its lease at intervals, so the last renewal of a dead one may be older by one interval.
  const deadFor = now - (deaths.get(slot) ?? now)
  if (deadFor >= lease) return 'idempotency_unknown'
  return deadFor < lease - 10 * second ? 'idempotency_in_progress' : expect.stringMatching(/idempotency_(in_pro|unk)/)
}

async function outcomeOf({ response }: PendingCall): Promise<unknown> {
  try {
    const { body, headers } = await response
    expect(headers).toMatchObject({ 'idempotent-replayed': 'true' })
    return toText(body as Uint8Array)
  } catch (error) {
    if (error instanceof GatewayError) return error.code
    throw error
  }
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(fc.constantFrom('ada', 'bob'), fc.constantFrom('k1', 'k2'), fc.constantFrom('q1', 'q2'))
        .map((args) => call(...args)),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.nat(9), fc.constantFrom(200, 200, 400, 429, 500)).map((args) => respond(...args)),
    },
    { weight: 1, arbitrary: fc.nat(9).map(fail) },
    { weight: 2, arbitrary: fc.nat(9).map(leave) },
    { weight: 2, arbitrary: fc.constant(crash) },
    { weight: 3, arbitrary: fc.constantFrom(1, 5 * second, lease, 60 * second, day).map(pass) },
  ),
  { maxLength: 40 },
)

test('P08 R21 S78 no call is sent twice under its key, and each key replays its own response, whatever servers and callers do', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const bench = await openBench()
      const world: World = { bench, expected: new Map(), pending: [], now: 0, deaths: new Map() }
      try {
        for (const step of list) await step(world)
      } finally {
        bench.close()
      }
    }),
    { numRuns: 100 },
  )
})
