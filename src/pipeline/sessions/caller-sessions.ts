import { GatewayError } from '../../core/errors.ts'
import { type Page, toPage } from '../../core/page.ts'
import type { Message, NewMessage, Session, SessionCursor, SessionExport } from '../../storage/session-store.ts'
import type { Caller } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { requireStorage } from '../call/require-ports.ts'
import { unknownSession } from './load-history.ts'

/** Characters of a session's title. */
const titleLength = 200

export interface MessagePageRequest {
  readonly limit: number
  /** Positions. */
  readonly before?: number | undefined
  readonly after?: number | undefined
}

/**
 * What one caller can do with sessions, over REST and GraphQL alike. Rejects with GatewayError `storage_not_configured`,
 * `session_not_found` — for somebody else's session as for none (S31) — or `permission_denied`.
 */
export interface CallerSessions {
  create(title: string | undefined): Promise<Session>
  find(id: string): Promise<Session>
  list(limit: number, cursor: string | undefined): Promise<Page<Session>>
  rename(id: string, title: string | undefined): Promise<Session>
  delete(id: string): Promise<void>
  append(id: string, messages: readonly NewMessage[]): Promise<readonly Message[]>
  messages(id: string, page: MessagePageRequest): Promise<Page<Message>>
  export(id: string): Promise<SessionExport>
}

export function sessionsOf({ owner, isAnonymous }: Caller, ports: Ports): CallerSessions {
  const store = () => requireStorage(ports).sessions
  return {
    async create(title) {
      // 128 random bits: whoever does not know the id cannot find the session (S34).
      const id = `session_${ports.secrets.randomHex(16)}`
      return found(await store().create(owner, { id, title: checked(title), now: ports.clock.now() }), id)
    },
    find: async (id) => found(await store().find(owner, id), id),
    async list(limit, cursor) {
      if (isAnonymous) throw listRefused()
      const items = await store().list(owner, { limit: limit + 1, before: readCursor(cursor) })
      return toPage(items, limit, ({ updatedAt, id }) => `${updatedAt}.${id}`)
    },
    rename: async (id, title) => found(await store().rename(owner, id, checked(title)), id),
    async delete(id) {
      if (!(await store().delete(owner, id))) throw unknownSession(id)
    },
    async append(id, messages) {
      const result = await store().append(owner, id, messages, { now: ports.clock.now() })
      if (result.kind !== 'appended') throw unknownSession(id)
      return result.messages
    },
    async messages(id, { limit, before, after }) {
      const items = found(await store().messages(owner, id, { limit: limit + 1, before, after }), id)
      return after === undefined ? toPageBefore(items, limit) : toPage(items, limit, ({ position }) => String(position))
    },
    export: async (id) => found(await store().export(owner, id), id),
  }
}

function found<Value>(value: Value | undefined, id: string): Value {
  if (value === undefined) throw unknownSession(id)
  return value
}

function checked(title: string | undefined): string | undefined {
  if (title === undefined || title.length <= titleLength) return title
  throw new GatewayError('invalid_value', `title must be a text of at most ${titleLength} characters.`, {
    param: 'title',
  })
}

function listRefused(): GatewayError {
  return new GatewayError(
    'permission_denied',
    'Anonymous callers cannot list sessions, since all of them are one caller. Keep the ids that you were given.',
  )
}

function readCursor(cursor: string | undefined): SessionCursor | undefined {
  if (cursor === undefined) return undefined
  const match = /^(\d{1,15})\.(session_[0-9a-z_]{1,64})$/i.exec(cursor)
  const [, updatedAt, id] = match ?? []
  if (updatedAt === undefined || id === undefined) {
    throw new GatewayError('invalid_value', 'The cursor is not one that this server gave.', { param: 'after' })
  }
  return { updatedAt: Number(updatedAt), id }
}

/** Going back in a history, the surplus message is the oldest. */
function toPageBefore(items: readonly Message[], limit: number): Page<Message> {
  const shown = items.slice(Math.max(0, items.length - limit))
  const first = shown[0]
  return { items: shown, next: items.length > limit && first !== undefined ? String(first.position) : undefined }
}
