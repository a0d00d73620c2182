/**
 * The secret that a server made for its administrator; only its SHA-256, lower-case hexadecimal, is ever kept (S17). Atomic, shared and
 * never stale; durable where the backend is. Rejects with GatewayError `store_unavailable`.
 */
export interface AdminSecretStore {
  /** The hash; undefined where no secret was made yet. */
  find(): Promise<string | undefined>
  /** Keeps the first hash. False, with nothing changed, where there is one: of several processes that start at once, one is told true. */
  keepFirst(hash: string, now: number): Promise<boolean>
  /** From now on there is this one and no other. */
  replace(hash: string, now: number): Promise<void>
}
