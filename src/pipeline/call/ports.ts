import type { Settings } from '../../config/settings.ts'
import type { BufferShare, Buffers } from '../../core/buffers.ts'
import type { Clock } from '../../core/clock.ts'
import type { NetworkCounter } from '../../core/network-counter.ts'
import type { VersionedCache } from '../../core/versioned-cache.ts'
import type { PriceBook } from '../../metering/price-book.ts'
import type { Registry } from '../../providers/registry.ts'
import type { Transport } from '../../providers/transport.ts'
import type { Routes } from '../../routing/routes.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import type { IdempotencyStore } from '../../storage/idempotency-store.ts'
import type { ImageStore } from '../../storage/image-store.ts'
import type { FoundKey, KeyStore, KeyWithAncestors } from '../../storage/key-store.ts'
import type { Ledger } from '../../storage/ledger/ledger.ts'
import type { ResponseStore } from '../../storage/response-store.ts'
import type { RevocationStore, Revocations } from '../../storage/revocation-store.ts'
import type { SessionStore } from '../../storage/session-store.ts'
import type { UsageStore } from '../../storage/usage-store.ts'
import type { CallLog } from '../../telemetry/call-record.ts'
import type { ClientTokens } from './client-tokens.ts'
import type { Logins } from './logins.ts'
import type { ProofChecker } from './proofs.ts'

/** Randomness and digests; both platforms provide them with `node:crypto`. */
export interface Secrets {
  /** `bytes` random bytes as lower-case hexadecimal. */
  randomHex(bytes: number): string
  /** HMAC-SHA-256 of the string's UTF-8, in base64url without padding. */
  hmac(key: string, data: string): string
  /** SHA-256 of the bytes, or of the string's UTF-8. */
  digest(data: string | Uint8Array): Uint8Array
  /** Compares in constant time. Both must have the same length. */
  equal(left: Uint8Array, right: Uint8Array): boolean
}

/** The stores that outlive a call. */
export interface Storage {
  readonly sessions: SessionStore
  readonly images: ImageStore
  /** Undefined without image storage: a Worker without an R2 bucket. */
  readonly blobs: BlobStore | undefined
  readonly idempotency: IdempotencyStore
  readonly responses: ResponseStore
}

/** The key that a user token acts for. */
export interface TokenMaker {
  /** Undefined for TOKEN and for a policy. */
  readonly key: KeyWithAncestors | undefined
  readonly revocations: Revocations
}

/** Virtual keys and revoked user tokens: their stores and their caches. */
export interface Keys {
  readonly store: KeyStore
  readonly revocations: RevocationStore
  /** Keyed by the full hash of the secret (S19). */
  readonly cache: VersionedCache<FoundKey>
  /** Keyed by the id of the key, which user tokens name. */
  readonly makers: VersionedCache<TokenMaker>
  /** Discards both caches after this process has changed a key or revoked a token (S20). */
  forget(): void
}

/** The ledger, its usage records and its prices. */
export interface Metering {
  readonly ledger: Ledger
  readonly usage: UsageStore
  readonly prices: PriceBook
  /** Why the ledger cannot be written now, for any caller. Undefined if it can, or if only a call would show it. */
  readonly problem: () => string | undefined
}

/** An image that a provider returned as a link. */
export interface ImageLink {
  readonly url: URL
  /** True if the operator named this origin; otherwise it must be https and resolve to a public address. */
  readonly isTrusted: boolean
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Counts the bytes, which stay in it. */
  readonly share: BufferShare
}

/**
 * Fetches the bytes behind a link. Sends no key, follows no redirect (S06), and connects to public addresses only,
 * unless the link is trusted (S05). Rejects with a sentence for the log if the status is not 200, the body is too
 * large, or it is late.
 */
export type FetchImage = (link: ImageLink) => Promise<Uint8Array>

/** The pipeline's interface to the outside, built by the platform for one Settings object. A call keeps its ports. */
export interface Ports {
  readonly settings: Settings
  readonly registry: Registry
  readonly routes: Routes
  readonly transport: Transport
  readonly fetchImage: FetchImage
  /** For the operator, if a provider refuses this country: one or two sentences on how to send calls from another. */
  readonly regionAdvice: string
  readonly clock: Clock
  /** Accounts for the memory of all bodies in this process. */
  readonly buffers: Buffers
  readonly secrets: Secrets
  readonly log: CallLog
  /** Undefined if storage is off. */
  readonly storage: Storage | undefined
  /** Undefined if storage is off; then TOKEN is the only key. */
  readonly keys: Keys | undefined
  /** Signs and verifies user tokens; undefined if the server has no secret for them. */
  readonly clientTokens: ClientTokens | undefined
  /** Verifies the tokens of other issuers; undefined if the configuration names none. */
  readonly logins: Logins | undefined
  /** Checks proofs that a token's sender holds the key of the token. */
  readonly proofs: ProofChecker
  /** Counts the new visitors of each network. */
  readonly newVisitors: NetworkCounter
  /** Counts what the visitors of each network store without a call to a model. */
  readonly visitorWrites: NetworkCounter
  /** Undefined if metering is off. */
  readonly metering: Metering | undefined
}
