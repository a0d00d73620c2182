import { defaults } from '../config/defaults.ts'
import { createBoundedMap } from '../core/bounded-map.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/errors.ts'
import { networkOf } from '../core/ip-address.ts'
import { hourMs, minuteMs } from '../core/time.ts'

/**
 * Throttles failed attempts, such as guesses at the admin secret, by address and in total (S45). All methods are
 * synchronous, so a check and its count are atomic. The counts are local to a process or to a Worker isolate.
 */
export interface AdminThrottle {
  /**
   * Returns the milliseconds until another failure of this address is checked and counted; 0 for at once. Does not
   * apply to the correct secret (case D15).
   */
  waitMs(address: string | undefined): number
  /** Counts a failure. Returns false if the audit log already has enough of this hour. */
  failed(address: string | undefined): boolean
  /** Counts a refusal that is no guess. Returns false if the audit log already has enough of this hour. */
  refused(): boolean
  succeeded(address: string | undefined): void
}

interface Failures {
  readonly count: number
  readonly lastAt: number
  readonly waitUntil: number
}

const { freeTries, firstWaitMs, maxWaitMs, resetAfterMs, failuresPerMinute, addresses, auditedPerHour } = defaults.admin

/** `perMinute` limits the failures of all addresses together; Infinity limits each address alone. */
export function createAdminThrottle(
  clock: Pick<Clock, 'monotonicMs'>,
  perMinute: number = failuresPerMinute,
): AdminThrottle {
  // Bounded, because strangers fill it. The oldest failure is evicted first.
  const failures = createBoundedMap<string, Failures>(addresses)
  const minute = createWindow(minuteMs)
  const hour = createWindow(hourMs)

  return {
    waitMs(address) {
      const now = clock.monotonicMs()
      const source = networkOf(address)
      const own = Math.max(0, (failures.get(source)?.waitUntil ?? now) - now)
      return minute.count(now) >= perMinute ? Math.max(own, minute.remainingMs(now)) : own
    },
    failed(address) {
      const now = clock.monotonicMs()
      const source = networkOf(address)
      const known = failures.get(source)
      const count = (known === undefined || now - known.lastAt > resetAfterMs ? 0 : known.count) + 1
      const waitMs = count < freeTries ? 0 : Math.min(maxWaitMs, firstWaitMs * 2 ** (count - freeTries))
      failures.set(source, { count, lastAt: now, waitUntil: now + waitMs })
      minute.add(now)
      return hour.add(now) <= auditedPerHour
    },
    refused: () => hour.add(clock.monotonicMs()) <= auditedPerHour,
    succeeded(address) {
      failures.delete(networkOf(address))
    },
  }
}

/** Creates the error of an attempt that is made too early. `problem` says what failed too often. */
export function tooManyAttempts(waitMs: number, problem: string, consolation = ''): GatewayError {
  const seconds = Math.ceil(waitMs / 1_000)
  return new GatewayError('too_many_attempts', `${problem} Try again in ${seconds} s.${consolation}`, {
    headers: { 'retry-after': String(seconds), 'retry-after-ms': String(Math.ceil(waitMs)) },
  })
}

interface Window {
  count(now: number): number
  /** Adds one and returns the new count. */
  add(now: number): number
  remainingMs(now: number): number
}

/** Creates a counter for windows of `lengthMs`. Each window starts with its first event. */
function createWindow(lengthMs: number): Window {
  let startedAt = Number.NEGATIVE_INFINITY
  let counted = 0
  const count = (now: number) => (now - startedAt < lengthMs ? counted : 0)
  return {
    count,
    add(now) {
      if (count(now) === 0) {
        startedAt = now
        counted = 0
      }
      counted += 1
      return counted
    },
    remainingMs: (now) => Math.max(0, startedAt + lengthMs - now),
  }
}
