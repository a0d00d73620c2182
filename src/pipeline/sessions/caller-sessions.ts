import { defaults } from '../../config/defaults.ts'
import { GatewayError } from '../../core/errors.ts'
import { type Page, toPage } from '../../core/page.ts'
import type {
  Message,
  NewMessage,
  Session,
  SessionCursor,
  SessionExport,
  SessionStore,
} from '../../storage/session-store.ts'
import type { Caller } from '../call/call.ts'
import { countVisitorWrite } from '../call/count-visitor-write.ts'
import type { Ports } from '../call/ports.ts'
import { requireStorage } from '../call/require-ports.ts'
import { unknownSession } from './load-history.ts'

/** Maximum length of a session's title in characters. */
const titleLength = 200
/** Maximum bytes of messages read at once: 2,000 characters a message, or an image or two. The next page has more. */
const pageBytes = 2 * 1_048_576
/** Maximum bytes of a session exported in one piece. */
const exportBytes = 8 * 1_048_576

export interface MessagePageRequest {
  readonly limit: number
  /** Positions in the session. */
  readonly before?: number | undefined
  readonly after?: number | undefined
}

/**
 * The session operations of one caller, for REST and GraphQL. They reject with GatewayError `storage_not_configured`,
 * `session_not_found` (also for another caller's session, S31) or `permission_denied`.
 */
export interface CallerSessions {
  create(title: string | undefined): Promise<Session>
  find(id: string): Promise<Session>
  list(limit: number, cursor: string | undefined): Promise<Page<Session>>
  rename(id: string, title: string | undefined): Promise<Session>
  delete(id: string): Promise<void>
  append(id: string, messages: readonly NewMessage[]): Promise<readonly Message[]>
  messages(id: string, page: MessagePageRequest): Promise<Page<Message>>
  /** Rejects with GatewayError `invalid_value` for a session that is too long. */
  export(id: string): Promise<SessionExport>
  /** Returns the session, and its messages as of the start of the export, page by page. */
  exportPages(id: string): Promise<{ readonly session: Session; readonly pages: AsyncIterable<readonly Message[]> }>
}

export function sessionsOf(caller: Caller, ports: Ports): CallerSessions {
  const { owner, sessionOwner = owner, isAnonymous, userToken } = caller
  const store = () => requireStorage(ports).sessions
  const all = openSessions(sessionOwner, isAnonymous, store, ports)
  if (userToken?.kind === 'visitor') return ofVisitor(caller, all, ports)
  return userToken?.sessionId === undefined ? all : boundTo(userToken.sessionId, all)
}

/**
 * Returns the session of a call. A token that is bound to a session uses that one. Throws GatewayError
 * `session_not_found` for any other.
 */
export function sessionOf({ userToken }: Caller, requested: string | undefined): string | undefined {
  const bound = userToken?.sessionId
  if (bound !== undefined && requested !== undefined && requested !== bound) throw unknownSession(requested)
  return bound ?? requested
}

/** Returns the operations for an anonymous visitor, whose changes are counted. */
function ofVisitor(caller: Caller, all: CallerSessions, ports: Ports): CallerSessions {
  const counted =
    <Input extends readonly unknown[], Result>(change: (...input: Input) => Promise<Result>) =>
    async (...input: Input): Promise<Result> => {
      countVisitorWrite(caller, ports, Math.ceil(JSON.stringify(input).length / defaults.visitors.storedPieceBytes))
      return change(...input)
    }
  return {
    ...all,
    create: counted(all.create),
    rename: counted(all.rename),
    delete: counted(all.delete),
    append: counted(all.append),
  }
}

/** Returns the operations for the holder of a token that is bound to one session. */
function boundTo(sessionId: string, all: CallerSessions): CallerSessions {
  const check = (id: string) => {
    if (id !== sessionId) throw unknownSession(id)
    return id
  }
  const refuse = async () => {
    throw new GatewayError('permission_denied', 'This token may use one session only, and cannot create or delete any.')
  }
  return {
    create: refuse,
    delete: refuse,
    list: async () => ({ items: [await all.find(sessionId)], next: undefined }),
    find: async (id) => all.find(check(id)),
    rename: async (id, title) => all.rename(check(id), title),
    append: async (id, messages) => all.append(check(id), messages),
    messages: async (id, page) => all.messages(check(id), page),
    export: async (id) => all.export(check(id)),
    exportPages: async (id) => all.exportPages(check(id)),
  }
}

function openSessions(owner: string, isAnonymous: boolean, store: () => SessionStore, ports: Ports): CallerSessions {
  return {
    async create(title) {
      // 128 random bits: a session cannot be found without its id (S34).
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
      const page = { limit: limit + 1, before, after, maxBytes: pageBytes }
      const items = found(await store().messages(owner, id, page), id)
      if (after === undefined) return toPageBefore(items, limit)
      const forward = toPage(items, limit, toCursor)
      const last = items.at(-1)
      if (forward.next !== undefined || last === undefined) return forward
      // The page may also have ended by its bytes.
      const end = Math.min(found(await store().find(owner, id), id).version, (before ?? Number.MAX_SAFE_INTEGER) - 1)
      return { items, next: last.position < end ? toCursor(last) : undefined }
    },
    async export(id) {
      const exported = found(await store().export(owner, id, exportBytes), id)
      if (exported.messages.length === exported.session.version) return exported
      throw new GatewayError(
        'invalid_value',
        'The session is too long to export here. Get it from `/v1/sessions/{id}/export`, or page by page.',
      )
    },
    async exportPages(id) {
      const session = found(await store().find(owner, id), id)
      return { session, pages: readPages(store(), session) }
    },
  }
}

/** Messages are only appended, so those up to the version read first are one snapshot. */
async function* readPages(store: SessionStore, { owner, id, version }: Session): AsyncGenerator<readonly Message[]> {
  for (let after = 0; after < version; ) {
    const page = await store.messages(owner, id, { limit: 500, after, before: version + 1, maxBytes: pageBytes })
    const last = page?.at(-1)
    // The session was deleted in the meantime.
    if (page === undefined || last === undefined) throw unknownSession(id)
    after = last.position
    yield page
  }
}

function toCursor({ position }: Message): string {
  return String(position)
}

function found<Value>(value: Value | undefined, id: string): Value {
  if (value === undefined) throw unknownSession(id)
  return value
}

function checked(title: string | undefined): string | undefined {
  if (title === undefined || title.length <= titleLength) return title
  throw new GatewayError('invalid_value', `title must be a string of at most ${titleLength} characters.`, {
    param: 'title',
  })
}

function listRefused(): GatewayError {
  return new GatewayError(
    'permission_denied',
    'Anonymous callers cannot list sessions, because they all share one identity. Keep the ids that you received.',
  )
}

function readCursor(cursor: string | undefined): SessionCursor | undefined {
  if (cursor === undefined) return undefined
  const match = /^(\d{1,15})\.(session_[0-9a-z_]{1,64})$/i.exec(cursor)
  const [, updatedAt, id] = match ?? []
  if (updatedAt === undefined || id === undefined) {
    throw new GatewayError('invalid_value', 'The cursor was not issued by this server.', { param: 'after' })
  }
  return { updatedAt: Number(updatedAt), id }
}

/** Pages backwards: the surplus message is the oldest. Positions have no gaps. */
function toPageBefore(items: readonly Message[], limit: number): Page<Message> {
  const shown = items.slice(Math.max(0, items.length - limit))
  const first = shown[0]
  return { items: shown, next: first !== undefined && first.position > 1 ? toCursor(first) : undefined }
}
