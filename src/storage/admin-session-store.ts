import type { Person } from './people-store.ts'

/** A sign-in to the admin API. The store never holds the session's id, which opens it (S17). */
export interface AdminSession {
  /** SHA-256 of the session's id, lower-case hexadecimal. */
  readonly hash: string
  /** Undefined if the admin secret was used. */
  readonly personId: string | undefined
  /** Defined if the admin secret was used: a hash that changes with the secret. */
  readonly secretBinding: string | undefined
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly usedAt: number
  readonly expiresAt: number
}

/** A session with its person, as both are now. */
export interface FoundAdminSession {
  readonly session: AdminSession
  /** Undefined if the admin secret was used. */
  readonly person: Person | undefined
}

/**
 * Sessions of the admin API. Atomic, shared and never stale: a deleted session, and that of a deleted person, is
 * unknown at once, and `find` returns the current role. Rejects with GatewayError `store_unavailable`.
 */
export interface AdminSessionStore {
  /** Adds a session, and deletes those that had expired by its `createdAt`. */
  create(session: AdminSession): Promise<void>
  /** Finds expired sessions and disabled people too; the caller checks them. */
  find(hash: string): Promise<FoundAdminSession | undefined>
  /** Records a use. An unknown session stays unknown. */
  touch(hash: string, now: number): Promise<void>
  /** Returns false if the session is unknown. */
  delete(hash: string): Promise<boolean>
}
