import { expect, test } from 'vitest'
import { defaults } from '../../src/config/defaults.ts'
import { attackServer } from './memory-attacks.ts'

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
