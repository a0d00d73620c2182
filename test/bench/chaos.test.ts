import { expect, test } from 'vitest'
import { behaviours } from '../../bench/chaos/plan-phases.ts'
import { runChaos } from '../../bench/chaos/run-chaos.ts'
import { runSessions } from '../../bench/chaos/run-sessions.ts'

// The long version is `npm run chaos`; bench/results contains its report.
test('R13 R14 R20 no call by a route fails while one of its targets is healthy, and the books of two servers of two workers equal those of the targets', {
  timeout: 90_000,
}, async () => {
  const result = await runChaos({ calls: 420, callsPerPhase: 30, concurrency: 10, seed: 604, say() {} })
  expect(result.faults).toEqual([])
  expect(new Set(result.phases.flatMap((phase) => Object.values(phase.behaviours))).size).toBe(behaviours.length)
  expect(result).toMatchObject({ calls: 420, darkCalls: 60, briefCalls: 60, bookedTokens: result.billedTokens })
  const { rescued, repeated, rounds, maxRounds, withheld, unfinished } = result
  for (const count of [rescued, repeated, withheld, unfinished.cut.requests, unfinished.hung.requests])
    expect(count).toBeGreaterThan(0)
  // A further round is for failures that may be over soon, and within the budget of its route (R22).
  expect(rounds).toBeLessThanOrEqual(maxRounds)
  // A stream that broke off is booked with no less than its caller has received.
  expect(unfinished.torn.receivedTokens).toBeGreaterThan(0)
  expect(unfinished.torn.bookedTokens).toBeGreaterThan(unfinished.torn.receivedTokens)
})

test('conversations by a sticky route stay with their prompt cache, across two servers', {
  timeout: 90_000,
}, async () => {
  const options = { accounts: 4, sessions: 12, turns: 8, lifetimeTurns: 2, seed: 1 }
  const sticky = await runSessions({ ...options, strategy: 'sticky' })
  const weighted = await runSessions({ ...options, strategy: 'weighted' })
  for (const { bookedNano, billedNano, calls, accountCalls } of [sticky, weighted]) {
    expect(calls).toBe(96)
    expect(Math.min(...accountCalls)).toBeGreaterThan(0)
    expect(bookedNano).toBe(billedNano)
  }
  // All that a conversation has sent before is cached, but what 128 does not divide, and the first system prompts.
  expect(sticky.cachedTokens / sticky.inputTokens).toBeGreaterThan(0.75)
  expect(sticky.bookedNano).toBeLessThan(0.8 * weighted.bookedNano)
})
