import { expect, test } from 'vitest'
import { runCrashTest } from '../../bench/crash/run-crash-test.ts'

// The long version is `npm run crash-test -- --rounds 100`; its report is kept in bench/results.
test.each([1, 2])(
  'R42 R39 R43 P17 servers killed under load lose no record and book none twice (%i on one database)',
  { timeout: 90_000 },
  async (processes) => {
    const seed = Math.floor(Math.random() * 2 ** 32)
    const options = { rounds: 3, processes, concurrency: 30, seed, waitsForServer: false, say() {} }
    const { faults, accepted, outcomes } = await runCrashTest(options)
    expect(faults, `seed ${seed}`).toEqual([])
    // It did kill some in the middle of their work.
    expect(accepted).toBeGreaterThan(50)
    expect(outcomes.unknown).toBeGreaterThan(0)
  },
)
