import { expect, test } from 'vitest'
import { runCrashTest } from '../../bench/crash/run-crash-test.ts'

// The long version is `npm run crash-test -- --rounds 100`; bench/results contains its report.
test.each([1, 2])(
  'R42 R39 R43 P17 servers that are killed under load lose no record and write none twice (%i on one database)',
  { timeout: 90_000 },
  async (processes) => {
    const seed = Math.floor(Math.random() * 2 ** 32)
    const options = { rounds: 3, processes, concurrency: 30, seed, waitsForServer: false, say() {} }
    const { faults, accepted, outcomes } = await runCrashTest(options)
    expect(faults, `seed ${seed}`).toEqual([])
    // Proves that the kills interrupted running calls.
    expect(accepted).toBeGreaterThan(50)
    expect(outcomes.unknown).toBeGreaterThan(0)
  },
)
