import { defaults } from '../config/defaults.ts'
import { createBoundedMap } from '../core/bounded-map.ts'
import type { Clock } from '../core/clock.ts'
import { parseIpAddress } from '../core/ip-address.ts'
import { hourMs, minuteMs } from '../core/time.ts'

/**
 * Slows down wrong tries at the admin secret: of each address by itself, and of all together (S45). Nothing here waits, so that a decision and
 * its consequences are one step. The counts live in this process, or in this isolate of a Worker; each of several counts for itself.
 */
export interface AdminThrottle {
  /** Milliseconds until a further failure of this address is told and noted as one; 0 for now. The right secret is taken at any time (case D15). */
  waitMs(address: string | undefined): number
  /** Counts a failure. False where the audit log has enough of them. */
  failed(address: string | undefined): boolean
  succeeded(address: string | undefined): void
}

interface Failures {
  readonly count: number
  readonly lastAt: number
  readonly waitUntil: number
}

const { freeTries, firstWaitMs, maxWaitMs, resetAfterMs, failuresPerMinute, addresses, auditedPerHour } = defaults.admin

export function createAdminThrottle(clock: Pick<Clock, 'monotonicMs'>): AdminThrottle {
  // Strangers fill it: those that failed longest ago are forgotten first.
  const failures = createBoundedMap<string, Failures>(addresses)
  const minute = createWindow(minuteMs)
  const hour = createWindow(hourMs)

  return {
    waitMs(address) {
      const now = clock.monotonicMs()
      const name = toName(address)
      const own = Math.max(0, (failures.get(name)?.waitUntil ?? now) - now)
      return minute.count(now) >= failuresPerMinute ? Math.max(own, minute.remainingMs(now)) : own
    },
    failed(address) {
      const now = clock.monotonicMs()
      const name = toName(address)
      const known = failures.get(name)
      const count = (known === undefined || now - known.lastAt > resetAfterMs ? 0 : known.count) + 1
      const waitMs = count < freeTries ? 0 : Math.min(maxWaitMs, firstWaitMs * 2 ** (count - freeTries))
      failures.set(name, { count, lastAt: now, waitUntil: now + waitMs })
      minute.add(now)
      return hour.add(now) <= auditedPerHour
    },
    succeeded(address) {
      failures.delete(toName(address))
    },
  }
}

const networkGroups = 4

/** A network of IPv6 is one caller: the owner of one address has 2^64. */
function toName(address: string | undefined): string {
  const parsed = address === undefined ? undefined : parseIpAddress(address)
  if (parsed === undefined) return address ?? ''
  return parsed.length > networkGroups ? parsed.slice(0, networkGroups).join(':') : parsed.join('.')
}

interface Window {
  count(now: number): number
  /** Counts one more, and gives the new count. */
  add(now: number): number
  remainingMs(now: number): number
}

/** Counts within stretches of `lengthMs`, each of which begins with the first of its events. */
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
