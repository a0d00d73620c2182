import type { JsonObject } from '../core/json.ts'

// Common to all stores:
// - `owner` is the stable id of the API caller. The code that calls the store generates all other ids.
// - Times are milliseconds since 1970.
// - Every method rejects with GatewayError `store_unavailable` if the store is unreachable or full. A failed method
//   leaves no partial write.

/** A chat session. Its key is the pair of owner and id, so two callers can use the same id for two sessions. */
export interface Session {
  readonly id: string
  readonly owner: string
  readonly title: string | undefined
  readonly createdAt: number
  /** Time of the last append, or of creation. */
  readonly updatedAt: number
  /** Number of messages ever appended, which is also the position of the last one. */
  readonly version: number
}

export interface NewSession {
  readonly id: string
  readonly title?: string | undefined
  readonly now: number
}

export type MessageRole = 'user' | 'assistant' | 'system' | 'developer' | 'tool'

/** `incomplete` marks a reply that was interrupted. */
export type MessageStatus = 'complete' | 'incomplete'

export interface NewMessage {
  readonly id: string
  readonly role: MessageRole
  /**
   * A string, OpenAI's list of content parts, or null beside tool calls. The store returns any JSON value unchanged.
   */
  readonly content: string | readonly unknown[] | null
  /** Other fields of the message in OpenAI's format, such as `tool_calls`, `tool_call_id` and `name`. */
  readonly otherFields?: JsonObject | undefined
  readonly status: MessageStatus
  readonly model?: string | undefined
}

export interface Message extends NewMessage {
  readonly sessionId: string
  /** 1 for the first message of a session; positions have no gaps. */
  readonly position: number
  readonly otherFields: JsonObject | undefined
  readonly model: string | undefined
  readonly createdAt: number
}

/** The last session of a page. */
export type SessionCursor = Pick<Session, 'updatedAt' | 'id'>

export interface SessionPage {
  readonly limit: number
  /** Limits the page to sessions that follow this one in the list. */
  readonly before?: SessionCursor | undefined
}

export interface MessagePage {
  readonly limit: number
  /** Limits the page to positions below this one. */
  readonly before?: number | undefined
  /** Returns the first `limit` messages above this position. Without it, a page holds the last `limit` messages. */
  readonly after?: number | undefined
  /** Maximum total size of the page. A page holds at least one message, which may contain a large picture (case D5). */
  readonly maxBytes?: number | undefined
}

export interface AppendOptions {
  readonly now: number
  /** Appends only if the session has this version, that is, if no other append happened since the caller read it. */
  readonly expectedVersion?: number | undefined
}

export type AppendResult =
  | { readonly kind: 'appended'; readonly version: number; readonly messages: readonly Message[] }
  | { readonly kind: 'conflict'; readonly version: number }
  | { readonly kind: 'unknown' }

export interface SessionExport {
  readonly session: Session
  readonly messages: readonly Message[]
}

/**
 * Chat sessions and their messages.
 *
 * - Owned: every method treats a session of another owner exactly like a session that does not exist.
 * - Atomic: an append or a deletion takes effect completely or not at all.
 * - Ordered: appends to one session are serialised across any number of processes. None is lost, and each message has a
 *   unique position.
 * - Durable where the backend is (SQLite and D1; not memory): an acknowledged write survives `kill -9`. On SQLite, a
 *   power failure may lose the most recent writes; the file stays consistent.
 * - Shared and never stale: a read sees every append acknowledged before it, from every process on the same store.
 */
export interface SessionStore {
  /** Returns undefined, and changes nothing, if the owner already has a session with that id. */
  create(owner: string, session: NewSession): Promise<Session | undefined>
  find(owner: string, id: string): Promise<Session | undefined>
  /**
   * Lists sessions, most recently used first. A session that is used between two pages moves to the front, so the later
   * page may omit it.
   */
  list(owner: string, page: SessionPage): Promise<readonly Session[]>
  /** Returns the session with its new title, or undefined if it is unknown. Does not change `updatedAt`. */
  rename(owner: string, id: string, title: string | undefined): Promise<Session | undefined>
  /** Deletes the session with its messages. Returns false if it is unknown. */
  delete(owner: string, id: string): Promise<boolean>
  append(owner: string, id: string, messages: readonly NewMessage[], options: AppendOptions): Promise<AppendResult>
  /** Returns a page in ascending order, or undefined if the session is unknown. */
  messages(owner: string, id: string, page: MessagePage): Promise<readonly Message[] | undefined>
  /** Returns the session with the messages that it had when the export began: all, or about the first `maxBytes`. */
  export(owner: string, id: string, maxBytes?: number): Promise<SessionExport | undefined>
  /**
   * Deletes at most `limit` sessions of any owner that were last used before `cutoff`, oldest first. Returns the number
   * deleted; call it again while it returns `limit`.
   */
  deleteOlderThan(cutoff: number, limit: number): Promise<number>
  /**
   * Deletes at most `limit` sessions of one owner with their messages, least recently used first. Returns the numbers
   * deleted; call it again while `sessions` is `limit`. Each session is deleted completely or not at all, and no session
   * of another owner is touched. A session that is created meanwhile may stay.
   */
  deleteOf(owner: string, limit: number): Promise<DeletedSessions>
}

export interface DeletedSessions {
  readonly sessions: number
  readonly messages: number
}
