import { dayMs } from '../core/time.ts'

/** A request to refuse user tokens before they expire. Times are milliseconds since 1970. */
export interface Revocation {
  /** The key that the tokens act for; undefined for every key. */
  readonly keyId: string | undefined
  readonly scope:
    | { readonly kind: 'token'; readonly tokenId: string }
    | { readonly kind: 'user'; readonly userDigest: string }
    /** All tokens of the key. */
    | { readonly kind: 'key' }
  /** Refuses tokens that were issued at this time or before. */
  readonly issuedUntil: number
  /** When the last of these tokens has expired. The revocation is deleted afterwards. */
  readonly expiresAt: number
}

/** The revocations that apply to the tokens of one key: its own, those of its ancestors, and those of every key. */
export interface Revocations {
  /** Tokens that were issued at this time or before are refused; -1 refuses none. */
  readonly issuedUntil: number
  /** The same for single end users, by {@link TokenIdentity.userDigest}. */
  readonly users: ReadonlyMap<string, number>
  readonly tokenIds: ReadonlySet<string>
}

/** The identity of a presented user token. */
export interface TokenIdentity {
  readonly id: string
  /**
   * SHA-256 of `<key id>/user:<end user>` in hexadecimal, because a revocation must not name an end user who was erased.
   * Empty if the token names none.
   */
  readonly userDigest: string
  readonly issuedAt: number
}

export const noRevocations: Revocations = { issuedUntil: -1, users: new Map(), tokenIds: new Set() }

/** True if the token must be refused. */
export function isRevoked(
  { issuedUntil, users, tokenIds }: Revocations,
  { id, userDigest, issuedAt }: TokenIdentity,
): boolean {
  return issuedAt <= issuedUntil || issuedAt <= (users.get(userDigest) ?? -1) || tokenIds.has(id)
}

/**
 * Maximum age of a user token in milliseconds. A client token lives a day, and the longest session of a known issuer a
 * month (Cloudflare Access). An older token is refused, because the revocation of it may be deleted.
 */
export const maxTokenAgeMs = 31 * dayMs

/** Maximum number of revocations of single tokens and end users of one key. A call reads all of them at once. */
export const maxRevocations = 10_000

/**
 * Revoked user tokens. Atomic, shared and never stale; as durable as the backend. A revocation increments the version
 * of the key store in the same transaction, so caches of keys notice it. Rejects with GatewayError `store_unavailable`.
 */
export interface RevocationStore {
  /**
   * Adds a revocation, or extends the one with the same scope, and deletes those that have expired. Returns false, and
   * changes nothing, if the key already has {@link maxRevocations}.
   */
  add(revocation: Revocation, now: number): Promise<boolean>
  /** Returns the revocations of these keys and of every key. */
  of(keyIds: readonly string[]): Promise<Revocations>
}
