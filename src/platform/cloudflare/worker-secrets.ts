import { createHash, timingSafeEqual } from 'node:crypto'
import { toHex } from '../../core/to-hex.ts'
import type { Secrets } from '../../pipeline/call/ports.ts'

export const workerSecrets: Secrets = {
  randomHex: (bytes) => toHex(crypto.getRandomValues(new Uint8Array(bytes))),
  digest: (data) => createHash('sha256').update(data).digest(),
  equal: (left, right) => timingSafeEqual(left, right),
}
