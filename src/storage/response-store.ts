/** A response that a provider keeps, and the caller that created it. */
export interface KeptResponse {
  readonly owner: string
  /** SHA-256 of the response's id, lower-case hexadecimal. */
  readonly digest: string
  /** The provider's id in the configuration. */
  readonly provider: string
  /** When the provider deletes the response. Milliseconds since 1970. */
  readonly expiresAt: number
}

/** The owners of responses that providers keep. Shared and never stale; as durable as `SessionStore`. */
export interface ResponseStore {
  /** Adds a response, in place of an earlier one of the same owner with the same digest. */
  put(response: KeptResponse): Promise<void>
  /** Returns the provider that keeps a response; undefined if it is unknown, expired, or another owner's (S31). */
  findProvider(owner: string, digest: string, now: number): Promise<string | undefined>
  /** Deletes at most `limit` responses that had expired by `now`; returns the number deleted. */
  deleteExpired(now: number, limit: number): Promise<number>
  /** Deletes at most `limit` responses of one owner; returns the number deleted. */
  deleteOf(owner: string, limit: number): Promise<number>
}
