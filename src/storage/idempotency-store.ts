/** Which call under which caller's `Idempotency-Key`. */
export interface IdempotentRun {
  readonly owner: string
  readonly key: string
  /** Never used before; tells this call from any other under the same key. */
  readonly runId: string
}

/** A call that wants to be the one that is made. Times are milliseconds since 1970. */
export interface IdempotencyClaim extends IdempotentRun {
  /** A digest of what is asked: the same for the same question only. */
  readonly fingerprint: string
  readonly now: number
  /** The call is taken for lost where nothing is heard of it until then. */
  readonly leaseUntil: number
  /** From then on the key is free again. */
  readonly expiresAt: number
}

/** An answer that can be given once more. */
export interface StoredResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Undefined where it was too long. */
  readonly body: Uint8Array | undefined
}

export type ClaimResult =
  /** The call may be made, by this run and no other. */
  | { readonly kind: 'claimed' }
  /** The key stands for another question. */
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly answer: StoredResponse }
  /** Whoever made the call has not been heard of in time; nobody knows what became of it. */
  | { readonly kind: 'lost' }

/**
 * What was asked under `Idempotency-Key`s, and answered. A key belongs to its owner: two owners with the same key know nothing of each other.
 *
 * - Atomic: of any number of claims on one key at one time, one is `claimed`.
 * - Once: until it expires or is released, a key that was claimed is never `claimed` again, whatever becomes of the process that did.
 * - Durable, where the backend is: a claim, and an answer, that was acknowledged survives `kill -9`.
 *
 * Rejects with GatewayError `store_unavailable`; then nothing was claimed or kept.
 */
export interface IdempotencyStore {
  claim(claim: IdempotencyClaim): Promise<ClaimResult>
  /** A sign of life. False where the run does not hold the key (any more). */
  renew(run: IdempotentRun, leaseUntil: number): Promise<boolean>
  /** Keeps the answer until `expiresAt`. False, with nothing kept, where the run does not hold the key or has an answer already. */
  keep(run: IdempotentRun, answer: StoredResponse, expiresAt: number): Promise<boolean>
  /** Frees the key of a run that is to leave nothing behind, so that the same call can be made again. */
  release(run: IdempotentRun): Promise<void>
  /** Deletes at most `limit` keys that had expired by `now`; how many that were. */
  deleteExpired(now: number, limit: number): Promise<number>
}
