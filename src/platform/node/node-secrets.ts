import { hash, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../pipeline/call/ports.ts'

/** Randomness costs 4 µs to fetch however little it is, so it is fetched for hundreds of ids together. Each byte is used once. */
const pool = Buffer.allocUnsafeSlow(4_096)
let used = pool.length

export const nodeSecrets: Secrets = {
  randomHex: (bytes) => (bytes > pool.length ? randomBytes(bytes).toString('hex') : takeHex(bytes)),
  // By way of text: a `Buffer` straight from `hash` has memory of its own, which costs twice as much to make and to collect.
  digest: (data) => Buffer.from(hash('sha256', data, 'binary'), 'latin1'),
  equal: (left, right) => timingSafeEqual(left, right),
}

function takeHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}
