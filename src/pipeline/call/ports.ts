import type { Settings } from '../../config/settings.ts'
import type { BufferShare, Buffers } from '../../core/buffers.ts'
import type { Clock } from '../../core/clock.ts'
import type { VersionedCache } from '../../core/versioned-cache.ts'
import type { PriceBook } from '../../metering/price-book.ts'
import type { Registry } from '../../providers/registry.ts'
import type { Transport } from '../../providers/transport.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import type { IdempotencyStore } from '../../storage/idempotency-store.ts'
import type { ImageStore } from '../../storage/image-store.ts'
import type { FoundKey, KeyStore } from '../../storage/key-store.ts'
import type { Ledger } from '../../storage/ledger/ledger.ts'
import type { SessionStore } from '../../storage/session-store.ts'
import type { UsageStore } from '../../storage/usage-store.ts'
import type { CallLog } from '../../telemetry/call-record.ts'

/** Randomness and digests, which both platforms have from `node:crypto`. */
export interface Secrets {
  /** `bytes` random bytes as lower-case hexadecimal. */
  randomHex(bytes: number): string
  /** SHA-256 of the bytes, or of the text's UTF-8. */
  digest(data: string | Uint8Array): Uint8Array
  /** In constant time. Both of the same length. */
  equal(left: Uint8Array, right: Uint8Array): boolean
}

/** What is kept beyond a call. */
export interface Storage {
  readonly sessions: SessionStore
  readonly images: ImageStore
  /** Undefined where there is no place for pictures: a Worker without an R2 bucket. */
  readonly blobs: BlobStore | undefined
  readonly idempotency: IdempotencyStore
}

/** Virtual keys: where they are kept, and what is remembered of them. */
export interface Keys {
  readonly store: KeyStore
  /** By the whole hash of their secret (S19); cleared where this process has changed a key (S20). */
  readonly cache: VersionedCache<FoundKey>
}

/** The books. */
export interface Metering {
  readonly ledger: Ledger
  readonly usage: UsageStore
  readonly prices: PriceBook
  /** Why the books cannot be written at the moment, in words for everybody. Undefined where they can, and where only a call would tell. */
  readonly problem: () => string | undefined
}

/** An image that a provider put somewhere. */
export interface ImageLink {
  readonly url: URL
  /** True where the operator named this origin; otherwise it must be https and lead to a public address. */
  readonly isTrusted: boolean
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Counts the bytes, which stay in it. */
  readonly share: BufferShare
}

/**
 * The bytes behind a link. Sends no key, follows no redirect (S06), and connects to none but public addresses unless the link is trusted
 * (S05). Rejects with a sentence for the log where the answer is not 200, is too large, or does not come in time.
 */
export type FetchImage = (link: ImageLink) => Promise<Uint8Array>

/** The outside world of the pipeline, built by the platform for a set of settings. A call keeps the ports that it came to. */
export interface Ports {
  readonly settings: Settings
  readonly registry: Registry
  readonly transport: Transport
  readonly fetchImage: FetchImage
  /** For the operator, in one or two sentences: how calls come to leave from another country, where a provider refuses this one. */
  readonly regionAdvice: string
  readonly clock: Clock
  /** Of all that this process holds of bodies. */
  readonly buffers: Buffers
  readonly secrets: Secrets
  readonly log: CallLog
  /** Undefined where nothing is kept. */
  readonly storage: Storage | undefined
  /** Undefined where nothing is kept; then TOKEN is the only key. */
  readonly keys: Keys | undefined
  /** Undefined where no books are kept. */
  readonly metering: Metering | undefined
}
