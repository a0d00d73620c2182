import type { Settings } from '../config/settings.ts'
import type { Clock } from '../core/clock.ts'
import type { Registry } from '../providers/registry.ts'
import type { Transport } from '../providers/transport.ts'
import type { CallLog } from '../telemetry/call-record.ts'

/** Randomness and digests, which both platforms have from `node:crypto`. */
export interface Secrets {
  /** `bytes` random bytes as lower-case hexadecimal. */
  randomHex(bytes: number): string
  /** SHA-256 of the text's UTF-8. */
  digest(text: string): Uint8Array
  /** In constant time. Both of the same length. */
  equal(left: Uint8Array, right: Uint8Array): boolean
}

/** The outside world of the pipeline, built once by the platform. */
export interface Ports {
  readonly settings: Settings
  readonly registry: Registry
  readonly transport: Transport
  readonly clock: Clock
  readonly secrets: Secrets
  readonly log: CallLog
}
