import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../pipeline/ports.ts'

export const nodeSecrets: Secrets = {
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  digest: (data) => hash('sha256', data, 'buffer'),
  equal: (left, right) => timingSafeEqual(left, right),
}
