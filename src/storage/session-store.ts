import type { JsonObject } from '../core/json.ts'

// Common to all stores: `owner` is the caller's stable id, ids come from the caller of the store, times are milliseconds since 1970.
// Every method rejects with GatewayError `store_unavailable` where the store cannot be reached or is full; then nothing was half-written.

/** A chat session. Its key is owner and id together, so two callers who use the same id have two sessions. */
export interface Session {
  readonly id: string
  readonly owner: string
  readonly title: string | undefined
  readonly createdAt: number
  /** Time of the last append, or of the creation. */
  readonly updatedAt: number
  /** How many messages were ever appended; also the position of the last one. */
  readonly version: number
}

export interface NewSession {
  readonly id: string
  readonly title?: string | undefined
  readonly now: number
}

export type MessageRole = 'user' | 'assistant' | 'system' | 'developer' | 'tool'

/** `incomplete` is an answer that was interrupted. */
export type MessageStatus = 'complete' | 'incomplete'

export interface NewMessage {
  readonly id: string
  readonly role: MessageRole
  /** Text, OpenAI's list of content parts, or null beside tool calls. Any JSON comes back as it went in. */
  readonly content: string | readonly unknown[] | null
  /** The message's other fields in OpenAI's words, such as `tool_calls`, `tool_call_id` and `name`. */
  readonly otherFields?: JsonObject | undefined
  readonly status: MessageStatus
  readonly model?: string | undefined
}

export interface Message extends NewMessage {
  readonly sessionId: string
  /** 1 for the first message of a session, then without gaps. */
  readonly position: number
  readonly otherFields: JsonObject | undefined
  readonly model: string | undefined
  readonly createdAt: number
}

/** Where a page of sessions ended. */
export type SessionCursor = Pick<Session, 'updatedAt' | 'id'>

export interface SessionPage {
  readonly limit: number
  /** Only sessions that come later in the list than this one. */
  readonly before?: SessionCursor | undefined
}

export interface MessagePage {
  readonly limit: number
  /** Only positions below. */
  readonly before?: number | undefined
  /** Only positions above; then the page is the first `limit` of them, and otherwise the last `limit`. */
  readonly after?: number | undefined
  /** Of all messages of the page together, of which there is one in any case: messages may be pictures (case D5). */
  readonly maxBytes?: number | undefined
}

export interface AppendOptions {
  readonly now: number
  /** Append only if the session has this version, which means that nobody else has appended since it was read. */
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
 * - Owned: a session of another owner behaves in every method exactly like one that does not exist.
 * - Atomic: an append is kept whole or not at all, and so is a deletion.
 * - Ordered: appends to one session happen one after another, from any number of processes; all are kept, each message at its own position.
 * - Durable where the backend is (SQLite and D1; not memory): what was acknowledged survives `kill -9`. On SQLite the last moments may be
 *   lost when the machine loses power; the file stays sound.
 * - Shared and never stale: a read sees every append that was acknowledged before it, from every process on the same store.
 */
export interface SessionStore {
  /** Undefined, with nothing changed, where the owner has a session of that id. */
  create(owner: string, session: NewSession): Promise<Session | undefined>
  find(owner: string, id: string): Promise<Session | undefined>
  /** Last used first. A session that is used while its pages are read moves to the front, so that a later page may not show it. */
  list(owner: string, page: SessionPage): Promise<readonly Session[]>
  /** The session with its new title, or undefined where it is unknown. Does not count as use. */
  rename(owner: string, id: string, title: string | undefined): Promise<Session | undefined>
  /** Deletes the session with its messages. False where it is unknown. */
  delete(owner: string, id: string): Promise<boolean>
  append(owner: string, id: string, messages: readonly NewMessage[], options: AppendOptions): Promise<AppendResult>
  /** A page in ascending order, or undefined where the session is unknown. */
  messages(owner: string, id: string, page: MessagePage): Promise<readonly Message[] | undefined>
  /** The session with the messages that it had when the export began: all, or the first of them, about `maxBytes`. */
  export(owner: string, id: string, maxBytes?: number): Promise<SessionExport | undefined>
  /** Deletes at most `limit` sessions, of any owner, that were last used before `cutoff`, oldest first. Call it again while it answers `limit`. */
  deleteOlderThan(cutoff: number, limit: number): Promise<number>
}
