import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../pipeline/ports.ts'

export const workerSecrets: Secrets = {
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  digest: (data) => createHash('sha256').update(data).digest(),
  equal: (left, right) => timingSafeEqual(left, right),
}
