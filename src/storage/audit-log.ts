import type { JsonObject } from '../core/json.ts'

/** One thing that an administrator did, or that somebody tried. Holds no secret. */
export interface AuditEntry {
  /** `audit_…`, later entries after earlier ones. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** `cli` for whoever has the files, `admin` for whoever came over HTTP. */
  readonly actor: 'admin' | 'cli'
  /** Where the request came from; undefined where that is not known. */
  readonly address: string | undefined
  /** Such as `key.create` or `admin.refused`. */
  readonly action: string
  /** The id of what was changed. */
  readonly subject: string | undefined
  readonly detail: JsonObject | undefined
}

interface AuditCursor {
  readonly at: number
  readonly id: string
}

export interface AuditPage {
  readonly limit: number
  /** Only entries before this one. */
  readonly before?: AuditCursor | undefined
  /** Only what was done to this. */
  readonly subject?: string | undefined
}

/**
 * Who changed what. Append-only: nothing here changes or deletes an entry. Durable where the backend is.
 * Rejects with GatewayError `store_unavailable`.
 */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>
  /** The newest first. */
  list(page: AuditPage): Promise<readonly AuditEntry[]>
}
