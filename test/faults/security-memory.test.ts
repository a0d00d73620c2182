import { expect, test } from 'vitest'
import { defaults } from '../../src/config/defaults.ts'
import { startWorkerGateway } from '../support/start-worker-gateway.ts'
import { attack, attackServer, toAttackedOptions } from './memory-attacks.ts'

/** The collector's threads come late where the machine is busy with other tests. */
const maxGrowthMiB = (defaults.server.maxBufferedBytes.node / 1_048_576) * 1.25

/** Each on a server of its own, whose heap has 256 MB. `node scripts/attack-memory.ts` tells the times too, which a busy machine stretches. */
test.each([
  ['D3', 'caller-tiny-chunks', /^HTTP\/1.1 400/],
  ['D3', 'upstream-tiny-chunks', /^HTTP\/1.1 502/],
  ['D4', 'json-empty-arrays', /^HTTP\/1.1 400/],
  ['D3', 'bodies-unfinished', /^HTTP\/1.1 503/],
  ['D2', 'graphql-documents', /^HTTP\/1.1 200/],
  ['D5', 'session-endless', /^HTTP\/1.1 200/],
  ['D5', 'events-without-end', /^HTTP\/1.1 200/],
  ['D5', 'upstream-large-answers', /^HTTP\/1.1 (200|503)/],
  ['D5', 'pictures-8000', /^HTTP\/1.1 200/],
  ['D9', 'long-model', /^HTTP\/1.1 400/],
])(
  'case %s: a server with a heap of 256 MB lives through %s (S87, R08, R30)',
  async (_case, name, told) => {
    const { isAlive, grownMiB, answers } = await attackServer(name)
    expect(isAlive).toBe(true)
    if (told !== undefined) expect(answers.join('\n')).toMatch(new RegExp(told, 'm'))
    // Known on Linux alone.
    if (!Number.isNaN(grownMiB)) expect(grownMiB).toBeLessThan(maxGrowthMiB)
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
  ['D5', 'subscription-endless'],
  ['D5', 'events-without-end'],
  ['D5', 'refusals-long'],
  ['D9', 'long-model'],
])(
  'case %s: workerd lives through %s within the memory of an isolate (S87, R08, R30)',
  async (_case, name) => {
    const { isAlive, grownMiB, answers } = await attack(name, async (upstreamUrl) => {
      const { url, pid, close } = await startWorkerGateway(toAttackedOptions(upstreamUrl))
      return { url, pid, sizes: workerSizes, longestStepMs: async () => Number.NaN, close }
    })
    console.log(name, grownMiB, answers)
    expect(isAlive).toBe(true)
    if (!Number.isNaN(grownMiB)) expect(grownMiB).toBeLessThan(maxWorkerGrowthMiB)
  },
  120_000,
)
