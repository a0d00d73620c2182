import { expect, test } from 'vitest'
import { createAdminThrottle } from '../../src/admin/throttle.ts'
import { defaults } from '../../src/config/defaults.ts'

const { freeTries, firstWaitMs, maxWaitMs, resetAfterMs, failuresPerMinute, addresses, auditedPerHour } = defaults.admin

function open() {
  const time = { now: 1_000_000 }
  const throttle = createAdminThrottle({ monotonicMs: () => time.now })
  /** Guesses as often as allowed until `until`, and returns the number of guesses. */
  const guess = (address: string, until: number): number => {
    let tries = 0
    for (;;) {
      time.now += throttle.waitMs(address)
      if (time.now >= until) return tries
      throttle.failed(address)
      tries += 1
      time.now += 1
    }
  }
  return { time, throttle, guess }
}

test('S45 an address has a few attempts, then waits ever longer until it sends the correct secret', () => {
  const { time, throttle } = open()
  for (let tries = 1; tries < freeTries; tries += 1) throttle.failed('203.0.113.9')
  expect(throttle.waitMs('203.0.113.9')).toBe(0)
  const waits = Array.from({ length: 12 }, () => {
    throttle.failed('203.0.113.9')
    return throttle.waitMs('203.0.113.9')
  })
  expect(waits.slice(0, 4)).toEqual([1, 2, 4, 8].map((factor) => factor * firstWaitMs))
  expect(waits.at(-1)).toBe(maxWaitMs)
  time.now += maxWaitMs - 1
  expect(throttle.waitMs('203.0.113.9')).toBe(1)
  time.now += 1
  expect(throttle.waitMs('203.0.113.9')).toBe(0)
  throttle.succeeded('203.0.113.9')
  throttle.failed('203.0.113.9')
  expect(throttle.waitMs('203.0.113.9')).toBe(0)
})

test('S45 a persistent address has about thirty guesses in the first hour, and twelve in each hour after it', () => {
  const { time, guess } = open()
  const hour = 3_600_000
  expect(guess('203.0.113.9', time.now + hour)).toBeLessThanOrEqual(30)
  expect(guess('203.0.113.9', time.now + 10 * hour)).toBeLessThanOrEqual(125)
})

test('an address without failures for an hour starts again', () => {
  const { time, throttle } = open()
  for (let tries = 0; tries < 10; tries += 1) throttle.failed('203.0.113.9')
  time.now += resetAfterMs + 1
  throttle.failed('203.0.113.9')
  expect(throttle.waitMs('203.0.113.9')).toBe(0)
})

test('S45 the failures of all networks together are limited per minute', () => {
  const { time, throttle } = open()
  for (let index = 0; index < failuresPerMinute; index += 1) throttle.failed(`10.0.${index >> 8}.${index & 255}`)
  expect(throttle.waitMs('203.0.113.9')).toBeGreaterThan(0)
  time.now += 60_000
  expect(throttle.waitMs('203.0.113.9')).toBe(0)
})

test('S45 an IPv6 network counts as one source, and so do all unknown addresses', () => {
  const { throttle } = open()
  for (let index = 0; index < freeTries; index += 1) throttle.failed(`2001:db8:1:2:${index}::1`)
  expect(throttle.waitMs('2001:db8:1:2:ffff::')).toBeGreaterThan(0)
  expect(throttle.waitMs('2001:db8:1:3::1')).toBe(0)
  for (let index = 0; index < freeTries; index += 1) throttle.failed(undefined)
  expect(throttle.waitMs(undefined)).toBeGreaterThan(0)
  expect(throttle.waitMs('203.0.113.9')).toBe(0)
})

test('limits the remembered addresses and the audited failures', () => {
  const { time, throttle } = open()
  let audited = 0
  const addressOf = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
  for (let index = 0; index < freeTries; index += 1) throttle.failed('203.0.113.9')
  expect(throttle.waitMs('203.0.113.9')).toBe(firstWaitMs)
  for (let index = 0; index < addresses; index += 1) audited += throttle.failed(addressOf(index)) ? 1 : 0
  expect(audited).toBe(auditedPerHour - freeTries)
  time.now += 60_000
  for (let index = 0; index < freeTries - 1; index += 1) throttle.failed('203.0.113.9')
  expect(throttle.waitMs('203.0.113.9')).toBe(0)
  time.now += 3_600_000
  expect(throttle.failed('203.0.113.9')).toBe(true)
})
