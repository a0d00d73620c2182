import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatewayError } from '../../../src/core/errors.ts'
import { toText } from '../../../src/core/gateway-response.ts'
import { type Asked, type Bench, chat, type Made, openBench } from './open-idempotency.ts'

const second = 1_000
const day = 86_400 * second
const lease = 30 * second

/** What the key of an owner stands for, as its owner should find it. */
interface Expected {
  readonly question: string
  readonly state: 'running' | 'lost' | 'done'
  /** Of the call that was made for it. */
  readonly number: number
  readonly answer?: string
  readonly expiresAt: number
}

/** A call that the provider works on. */
interface Pending {
  readonly place: string
  readonly number: number
  readonly made: Made
  readonly asked: Asked
}

/** The servers and the provider as they are, and the books that the test keeps beside them. */
interface World {
  readonly bench: Bench
  readonly expected: Map<string, Expected>
  pending: Pending[]
  now: number
  /** When the server died that made these calls. */
  readonly deaths: Map<string, number>
}

type Step = (world: World) => Promise<void>

const ask =
  (owner: string, key: string, question: string): Step =>
  async (world) => {
    const place = `${owner} ${key}`
    const asked = world.bench.ask({ owner, key, body: { ...chat, user: question } })
    await nextTurn()
    const known = current(world, place)
    if (known === undefined) {
      const [made] = asked.made
      if (made === undefined) throw new Error(`no call was made for ${place}`)
      const number = world.bench.made.length
      world.pending.push({ place, number, made, asked })
      world.expected.set(place, { question, state: 'running', number, expiresAt: world.now + day })
      return
    }
    expect(asked.made.length, 'a call that is made twice').toBe(0)
    expect(await outcomeOf(asked)).toEqual(toOutcome(world, place, known, question))
  }

const answer =
  (index: number, status: number): Step =>
  async (world) => {
    const pending = world.pending[index % Math.max(1, world.pending.length)]
    if (pending === undefined) return
    const { place, made, asked, number } = pending
    const text = JSON.stringify({ number, status })
    made.give({ status, headers: { 'content-type': 'application/json' }, body: text })
    expect(toText((await asked.answer).body as string)).toBe(text)
    world.pending = world.pending.filter((other) => other !== pending)
    const known = world.expected.get(place)
    if (known?.number !== number) return
    if (status >= 500 || status === 429) world.expected.delete(place)
    else world.expected.set(place, { ...known, state: 'done', answer: text, expiresAt: world.now + day })
  }

const fail =
  (index: number): Step =>
  async (world) => {
    const pending = world.pending[index % Math.max(1, world.pending.length)]
    if (pending === undefined) return
    pending.made.fail(new GatewayError('upstream_unreachable', 'Gone.'))
    await expect(pending.asked.answer).rejects.toThrow('Gone.')
    world.pending = world.pending.filter((other) => other !== pending)
    world.expected.delete(pending.place)
  }

const leave =
  (index: number): Step =>
  async (world) => {
    const pending = world.pending[index % Math.max(1, world.pending.length)]
    pending?.asked.leave()
    expect(pending?.made.call.signal.aborted ?? false).toBe(false)
  }

const crash: Step = async (world) => {
  for (const { place } of world.pending) world.deaths.set(place, world.now)
  world.pending = []
  world.bench.crash()
}

const pass =
  (ms: number): Step =>
  async (world) => {
    await world.bench.pass(ms)
    world.now += ms
  }

function current({ expected, now }: World, place: string): Expected | undefined {
  const known = expected.get(place)
  return known === undefined || known.expiresAt <= now ? undefined : known
}

function toOutcome({ deaths, pending, now }: World, place: string, known: Expected, question: string): unknown {
  if (known.question !== question) return 'idempotency_mismatch'
  if (known.state === 'done') return known.answer
  if (pending.some(({ number }) => number === known.number)) return 'idempotency_in_progress'
  // Of a server that has died, its last sign may be as much older as signs are apart.
  const deadFor = now - (deaths.get(place) ?? now)
  if (deadFor >= lease) return 'idempotency_unknown'
  return deadFor < lease - 10 * second ? 'idempotency_in_progress' : expect.stringMatching(/idempotency_(in_pro|unk)/)
}

async function outcomeOf({ answer: given }: Asked): Promise<unknown> {
  try {
    const { body, headers } = await given
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
        .map((where) => ask(...where)),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.nat(9), fc.constantFrom(200, 200, 400, 429, 500)).map((what) => answer(...what)),
    },
    { weight: 1, arbitrary: fc.nat(9).map(fail) },
    { weight: 2, arbitrary: fc.nat(9).map(leave) },
    { weight: 2, arbitrary: fc.constant(crash) },
    { weight: 3, arbitrary: fc.constantFrom(1, 5 * second, lease, 60 * second, day).map(pass) },
  ),
  { maxLength: 40 },
)

test('P08 R21 S78 no call is made twice under its key, and each answer is its own, whatever servers and callers do', async () => {
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
