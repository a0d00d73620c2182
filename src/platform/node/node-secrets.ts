import { createHmac, hash, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../pipeline/call/ports.ts'

/** Random bytes for hundreds of ids, because a fetch of any size costs 4 µs. Each byte is used once. */
const pool = Buffer.allocUnsafeSlow(4_096)
let used = pool.length

export const nodeSecrets: Secrets = {
  randomHex: (bytes) => (bytes > pool.length ? randomBytes(bytes).toString('hex') : takeHex(bytes)),
  // A `Buffer` directly from `hash` has its own memory, at twice the cost of this detour through a string.
  digest: (data) => Buffer.from(hash('sha256', data, 'binary'), 'latin1'),
  hmac: (key, data) => createHmac('sha256', key).update(data).digest('base64url'),
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
