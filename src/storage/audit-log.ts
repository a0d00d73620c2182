import type { JsonObject } from '../core/json.ts'

/** An administrator's action, or a refused attempt at one. Contains no secret. */
export interface AuditEntry {
  /** `audit_…`. Ids sort by time. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** `cli` for the command line, which needs access to the files; `admin` for HTTP. */
  readonly actor: 'admin' | 'cli'
  /** Undefined if the author is no person: the admin secret, the command line, or unknown. */
  readonly personId?: string | undefined
  /** The name of the person at that time, or `admin secret`, `cli` or `link`; undefined if unknown. */
  readonly author?: string | undefined
  /** Address of the client; undefined if unknown. */
  readonly address: string | undefined
  /** Such as `key.create` or `admin.refused`. */
  readonly action: string
  /** Id of the changed object. */
  readonly subject: string | undefined
  readonly detail: JsonObject | undefined
}

interface AuditCursor {
  readonly at: number
  readonly id: string
}

export interface AuditPage {
  readonly limit: number
  /** Limits the page to entries older than this one. */
  readonly before?: AuditCursor | undefined
  /** Limits the page to entries about this object. */
  readonly subject?: string | undefined
}

/**
 * The record of administrative changes. Append-only: no method changes or deletes an entry. As durable as the backend.
 * Rejects with GatewayError `store_unavailable`.
 */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>
  /** Returns entries, newest first. */
  list(page: AuditPage): Promise<readonly AuditEntry[]>
}
