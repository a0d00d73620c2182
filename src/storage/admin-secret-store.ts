/**
 * The admin secret that a server generated. The store holds only its SHA-256 in lower-case hexadecimal (S17).
 * Atomic, shared and never stale; as durable as the backend. Rejects with GatewayError `store_unavailable`.
 */
export interface AdminSecretStore {
  /** Returns the hash, or undefined before a secret was generated. */
  find(): Promise<string | undefined>
  /**
   * Stores the hash if the store is empty. Returns false, and changes nothing, if a hash exists. Of several processes
   * that start at once, exactly one receives true.
   */
  keepFirst(hash: string, now: number): Promise<boolean>
  /** Replaces every stored hash with this one. */
  replace(hash: string, now: number): Promise<void>
}
