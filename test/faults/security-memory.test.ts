import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaults } from '../../src/config/defaults.ts'
import { startWorkerGateway } from '../support/start-worker-gateway.ts'
import { type Arena, openArena, toAttackedOptions } from './memory-attacks.ts'

/** The collector's threads come late where the machine is busy with other tests. */
const maxGrowthMiB = (defaults.server.maxBufferedBytes.node / 1_048_576) * 1.25

/** Attacks whose work is done in many steps, and the most that one may take: twice what it does on a busy machine, of the processor's time. */
const stepwise: ReadonlySet<string> = new Set([
  'caller-tiny-chunks',
  'graphql-documents',
  'graphql-connections',
  'session-long-history',
  'events-without-end',
  'upstream-large-answers',
])
const maxStepMs = 50

/** The most that others may wait: twenty times what they do on a quiet machine, since a busy one stretches it. */
const maxLivezMs = 2_000
/** Attacks among which they may wait longer, and for how long. */
const slow: Readonly<Record<string, number>> = {
  // Four hundred streams are written in the same moment, each its four megabytes, on processors that the attacker and the upstream share: a second, and four on a busy machine.
  'slow-readers': 20_000,
}

type Expected = readonly [name: string, told: RegExp, maxMiB: number]

async function expectToLive(arena: Arena, [name, told, maxMiB]: Expected): Promise<void> {
  const { isAlive, grownMiB, longestStepMs, livezP99Ms, answers } = await arena.attack(name)
  expect(isAlive).toBe(true)
  expect(livezP99Ms).toBeLessThan(slow[name] ?? maxLivezMs)
  expect(answers.join('\n')).toMatch(new RegExp(told, 'm'))
  if (stepwise.has(name)) expect(longestStepMs).toBeLessThan(maxStepMs)
  // Known on Linux alone.
  if (!Number.isNaN(grownMiB)) expect(grownMiB).toBeLessThan(maxMiB)
}

/**
 * Servers have the flags of `npm start`, a heap of 256 MB, and a maximum growth: twice that on a quiet machine.
 * `node scripts/attack-memory.ts` tells the other times too, which a busy machine stretches.
 */
describe('one after the other on one server', () => {
  let arena: Arena
  beforeAll(async () => {
    arena = await openArena()
  }, 60_000)
  afterAll(() => arena.close())

  test.each<[string, ...Expected]>([
    ['D3', 'caller-tiny-chunks', /^HTTP\/1.1 400/, 100],
    ['D3', 'upstream-tiny-chunks', /^HTTP\/1.1 502/, maxGrowthMiB],
    ['D4', 'json-empty-arrays', /^HTTP\/1.1 400/, 60],
    ['D2', 'graphql-documents', /^HTTP\/1.1 200/, maxGrowthMiB],
    ['D2', 'graphql-connections', /^HTTP\/1.1 200/, 90],
    ['D5', 'pictures-8000', /^HTTP\/1.1 200/, 60],
    ['D5', 'refusals-long', /^HTTP\/1.1 400/, 60],
    ['D4', 'answers-of-the-other-kind', /^HTTP\/1.1 502/, 90],
    ['D5', 'session-endless', /^HTTP\/1.1 200/, maxGrowthMiB],
    ['D5', 'subscription-endless', /^HTTP\/1.1 200/, maxGrowthMiB],
  ])(
    'case %s: a server with a heap of 256 MB lives through %s (S87, R08, R30)',
    async (_case, ...expected) => expectToLive(arena, expected),
    120_000,
  )
})

test.each<[string, ...Expected]>([
  ['D4', 'json-picture', /^HTTP\/1.1 200/, 140],
  ['D4', 'json-escapes', /^HTTP\/1.1 200/, maxGrowthMiB],
  ['D4', 'json-wide-text', /^HTTP\/1.1 400/, 140],
  ['D4', 'answer-floats', /^HTTP\/1.1 200/, 140],
  ['D4', 'answer-objects', /^HTTP\/1.1 200/, 140],
  ['D3', 'bodies-unfinished', /^HTTP\/1.1 503/, maxGrowthMiB],
  ['D5', 'session-long-history', /^HTTP\/1.1 200/, 140],
  ['D5', 'events-without-end', /^HTTP\/1.1 200/, maxGrowthMiB],
  ['D5', 'events-long', /^HTTP\/1.1 200/, maxGrowthMiB],
  ['D5', 'events-pictures', /^HTTP\/1.1 200/, maxGrowthMiB],
  ['D5', 'upstream-large-answers', /^HTTP\/1.1 (200|503)/, maxGrowthMiB],
  // Its callers read no answer.
  ['D5', 'slow-readers', /^$/, 210],
  ['D5', 'answer-pictures', /^HTTP\/1.1 (200|503)/, 140],
  ['D5', 'pictures-as-events', /^HTTP\/1.1 (200|503)/, maxGrowthMiB],
  ['D9', 'long-model', /^HTTP\/1.1 400/, 140],
])(
  'case %s: a server of its own with a heap of 256 MB lives through %s (S87, R08, R30)',
  async (_case, ...expected) => {
    const arena = await openArena()
    try {
      await expectToLive(arena, expected)
    } finally {
      await arena.close()
    }
  },
  120_000,
)

/** An isolate has 128 MB; what workerd itself holds of connections, and what its allocator keeps, comes on top of it here. */
const maxWorkerGrowthMiB = 128
const workerSizes = { body: 21 * 1_048_576, answer: 22 * 1_048_576 }

test.each([
  ['D4', 'json-empty-arrays'],
  ['D4', 'json-picture'],
  ['D4', 'json-wide-text'],
  ['D3', 'bodies-unfinished'],
  ['D4', 'answer-floats'],
  ['D5', 'events-without-end'],
  ['D5', 'refusals-long'],
  ['D9', 'long-model'],
])(
  'case %s: workerd lives through %s within the memory of an isolate (S87, R08, R30)',
  async (_case, name) => {
    const arena = await openArena(async (upstreamUrl) => {
      const { url, pid, close } = await startWorkerGateway(toAttackedOptions(upstreamUrl))
      return { url, pid, sizes: workerSizes, longestStepMs: async () => Number.NaN, close }
    })
    try {
      const { isAlive, grownMiB } = await arena.attack(name)
      expect(isAlive).toBe(true)
      if (!Number.isNaN(grownMiB)) expect(grownMiB).toBeLessThan(maxWorkerGrowthMiB)
    } finally {
      await arena.close()
    }
  },
  120_000,
)
