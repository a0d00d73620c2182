import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HealthStep } from './health-steps.ts'

/** A process that shares its breakers with others. */
export interface SharingProcess {
  /** Applies a step, and sends what it changes. */
  apply(step: HealthStep): Promise<void>
  /** Tells whether `ill/m` and `ill/n` accept a call, once the process has heard what others have sent. */
  accepts(now: number): Promise<readonly [target: boolean, sibling: boolean]>
}

export interface OpenBreakerChannel {
  /** Starts a process that knows no breaker yet. */
  start(): Promise<SharingProcess>
  close(): Promise<void>
}

/** Defines the tests that every channel must pass through which processes share their breakers. */
export function describeBreakerChannel(name: string, open: () => Promise<OpenBreakerChannel>): void {
  describe(`breakers shared through ${name}`, { timeout: 60_000 }, () => {
    /** In the past, for all times of a test to be past. */
    const start = Date.now() - 120_000
    let channel: OpenBreakerChannel
    let [first, second]: SharingProcess[] = []
    beforeEach(async () => {
      channel = await open()
      first = await channel.start()
      second = await channel.start()
    })
    afterEach(() => channel.close())
    const processes = () => [first ?? expect.unreachable(), second ?? expect.unreachable()] as const

    it('R63 open for the account and for the model in all processes, also in one that starts later', async () => {
      const [ill, hears] = processes()
      await ill.apply({ kind: 'fail', failure: 'rate_limit', now: start, retryAfterMs: 20_000 })
      expect(await hears.accepts(start + 1)).toEqual([false, true])
      await ill.apply({ kind: 'fail', failure: 'auth', now: start + 10 })
      for (const each of [hears, await channel.start()]) {
        expect(await each.accepts(start + 30_009)).toEqual([false, false])
        expect(await each.accepts(start + 30_010)).toEqual([true, true])
      }
    })

    it('R63 close in all processes after a successful probe', async () => {
      const [ill, probes] = processes()
      await ill.apply({ kind: 'fail', failure: 'auth', now: start })
      expect(await probes.accepts(start + 1)).toEqual([false, false])
      await probes.apply({ kind: 'begin', now: start + 30_000 })
      await probes.apply({ kind: 'succeed', begunAt: start + 30_000 })
      // A failed probe would have opened it for a minute.
      await ill.apply({ kind: 'fail', failure: 'overload', now: start + 30_100 })
      for (const each of [ill, probes, await channel.start()])
        expect(await each.accepts(start + 30_200)).toEqual([true, true])
    })

    it('let one process probe, and another if its caller leaves', async () => {
      const [ill, probes] = processes()
      await ill.apply({ kind: 'fail', failure: 'auth', now: start })
      expect(await probes.accepts(start + 30_000)).toEqual([true, true])
      await probes.apply({ kind: 'begin', now: start + 30_000 })
      expect(await ill.accepts(start + 30_001)).toEqual([false, false])
      await probes.apply({ kind: 'release', begunAt: start + 30_000 })
      expect(await ill.accepts(start + 30_002)).toEqual([true, true])
    })

    it('open again in all processes for twice the time after a failed probe', async () => {
      const [ill, probes] = processes()
      await ill.apply({ kind: 'fail', failure: 'auth', now: start })
      await probes.accepts(start + 30_000)
      await probes.apply({ kind: 'begin', now: start + 30_000 })
      await probes.apply({ kind: 'fail', failure: 'auth', now: start + 30_100 })
      for (const each of [ill, probes]) {
        expect(await each.accepts(start + 90_099)).toEqual([false, false])
        expect(await each.accepts(start + 90_100)).toEqual([true, true])
      }
    })

    it('stay open for as long as the latest Retry-After says', async () => {
      const [ill, hears] = processes()
      await ill.apply({ kind: 'fail', failure: 'rate_limit', now: start, retryAfterMs: 5_000 })
      await ill.apply({ kind: 'fail', failure: 'rate_limit', now: start + 10, retryAfterMs: 50_000 })
      expect(await hears.accepts(start + 50_009)).toEqual([false, true])
      expect(await hears.accepts(start + 50_010)).toEqual([true, true])
    })

    it('count failures on while the others repeat that it has closed', async () => {
      const [ill, probes] = processes()
      await ill.apply({ kind: 'fail', failure: 'rate_limit', now: start })
      await ill.apply({ kind: 'succeed', begunAt: start + 30_000 })
      for (const now of [start + 40_000, start + 50_000, start + 60_000]) {
        expect(await probes.accepts(now)).toEqual([true, true])
        await probes.apply({ kind: 'fail', failure: 'overload', now })
      }
      expect(await ill.accepts(start + 60_001)).toEqual([false, true])
    })

    it('stay closed if an older failure arrives late', async () => {
      const [late, probes] = processes()
      await probes.apply({ kind: 'fail', failure: 'auth', now: start })
      await probes.apply({ kind: 'succeed', begunAt: start + 30_000 })
      await late.apply({ kind: 'fail', failure: 'rate_limit', now: start + 20_000, retryAfterMs: 80_000 })
      await late.apply({ kind: 'fail', failure: 'auth', now: start + 20_000, retryAfterMs: 80_000 })
      const started = await channel.start()
      for (const each of [probes, started]) expect((await each.accepts(start + 30_001))[1]).toBe(true)
    })
  })
}
