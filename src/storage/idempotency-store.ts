/** One call under a caller's `Idempotency-Key`. */
export interface IdempotentRun {
  readonly owner: string
  readonly key: string
  /** Unique id that distinguishes this call from other calls under the same key. */
  readonly runId: string
}

/** A request to run a call under its key. Times are milliseconds since 1970. */
export interface IdempotencyClaim extends IdempotentRun {
  /** Digest of the request. Two requests have the same digest only if they are the same request. */
  readonly fingerprint: string
  readonly now: number
  /** When the call counts as lost, unless `renew` moves this time. */
  readonly leaseUntil: number
  /** When the key becomes free again. */
  readonly expiresAt: number
}

/** A response that can be replayed. */
export interface StoredResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Undefined if the body was too long to store. */
  readonly body: Uint8Array | undefined
}

export type ClaimResult =
  /** This run, and no other, may send the call. */
  | { readonly kind: 'claimed' }
  /** The key belongs to a different request. */
  | { readonly kind: 'mismatch' }
  /** Another run holds the key and its lease has not ended. */
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly answer: StoredResponse }
  /** The run that holds the key did not renew its lease in time, so the outcome of its call is unknown. */
  | { readonly kind: 'lost' }

/**
 * The calls under `Idempotency-Key`s and their responses. Keys are scoped to their owner: two owners can use the same
 * key independently.
 *
 * - Atomic: of any number of concurrent claims on one key, exactly one is `claimed`.
 * - Once: a claimed key is not `claimed` again until it expires or is released, even if the claiming process dies.
 * - Durable where the backend is: an acknowledged claim or response survives `kill -9`.
 *
 * Rejects with GatewayError `store_unavailable`; then no claim and no response was stored.
 */
export interface IdempotencyStore {
  claim(claim: IdempotencyClaim): Promise<ClaimResult>
  /** Extends the lease. Returns false if the run does not hold the key. */
  renew(run: IdempotentRun, leaseUntil: number): Promise<boolean>
  /**
   * Stores the response until `expiresAt`. Returns false, and stores nothing, if the run does not hold the key or
   * already has a response.
   */
  keep(run: IdempotentRun, response: StoredResponse, expiresAt: number): Promise<boolean>
  /** Frees the key of a run without a stored response, which allows the same call to run again. */
  release(run: IdempotentRun): Promise<void>
  /** Deletes at most `limit` keys that had expired by `now`; returns the number deleted. */
  deleteExpired(now: number, limit: number): Promise<number>
  /** Counts the keys of one owner. */
  countOf(owner: string, now: number): Promise<OwnedKeys>
  /**
   * Deletes at most `limit` keys of one owner with their responses; returns the number deleted. Call it again while it
   * returns `limit`. Keys of running calls stay, or the same call could run twice.
   */
  deleteOf(owner: string, now: number, limit: number): Promise<number>
}

export interface OwnedKeys {
  /** Keys whose call has ended or is lost. */
  readonly ended: number
  /** Keys of running calls. */
  readonly running: number
}
