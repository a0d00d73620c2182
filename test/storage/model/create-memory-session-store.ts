import type {
  AppendOptions,
  AppendResult,
  Message,
  MessagePage,
  NewMessage,
  Session,
  SessionCursor,
  SessionStore,
} from '../../../src/storage/session-store.ts'

interface Entry {
  session: Session
  /** Messages as JSON, so later changes of a caller's objects do not affect the store. */
  readonly messages: string[]
}

type Owners = Map<string, Map<string, Entry>>

/** Creates the in-memory reference of {@link SessionStore}. Neither durable nor shared, and never pruned. */
export function createMemorySessionStore(): SessionStore {
  const owners: Owners = new Map()
  const find = (owner: string, id: string) => owners.get(owner)?.get(id)
  return {
    async create(owner, { id, title, now }) {
      if (find(owner, id) !== undefined) return undefined
      const session = { id, owner, title, createdAt: now, updatedAt: now, version: 0 }
      const sessions = owners.get(owner) ?? new Map<string, Entry>()
      owners.set(owner, sessions.set(id, { session, messages: [] }))
      return session
    },
    async find(owner, id) {
      return find(owner, id)?.session
    },
    async list(owner, { limit, before }) {
      const sessions = [...(owners.get(owner)?.values() ?? [])].map((entry) => entry.session).sort(compareUse)
      return sessions.filter((session) => before === undefined || compareUse(session, before) > 0).slice(0, limit)
    },
    async rename(owner, id, title) {
      const entry = find(owner, id)
      if (entry === undefined) return undefined
      entry.session = { ...entry.session, title }
      return entry.session
    },
    async delete(owner, id) {
      return owners.get(owner)?.delete(id) ?? false
    },
    async append(owner, id, messages, options) {
      return append(find(owner, id), messages, options)
    },
    async messages(owner, id, page) {
      const entry = find(owner, id)
      return entry && readPage(entry, page)
    },
    async export(owner, id, maxBytes) {
      const entry = find(owner, id)
      return entry && { session: entry.session, messages: upTo(entry.messages, maxBytes).map(parseMessage) }
    },
    async deleteOlderThan(cutoff, limit) {
      return deleteOlderThan(owners, cutoff, limit)
    },
    async deleteOf(owner, limit) {
      const entries = owners.get(owner) ?? new Map<string, Entry>()
      const oldest = [...entries.values()].map(({ session }) => session).sort(compareAge)
      const deleted = oldest.slice(0, limit)
      for (const { id } of deleted) entries.delete(id)
      return { sessions: deleted.length, messages: deleted.reduce((sum, { version }) => sum + version, 0) }
    },
  }
}

function append(
  entry: Entry | undefined,
  messages: readonly NewMessage[],
  { now, expectedVersion }: AppendOptions,
): AppendResult {
  if (entry === undefined) return { kind: 'unknown' }
  const { id, version } = entry.session
  if (expectedVersion !== undefined && expectedVersion !== version) return { kind: 'conflict', version }
  const stored = messages.map((message, index): Message => {
    const { otherFields, model } = message
    return { ...message, otherFields, model, sessionId: id, position: version + index + 1, createdAt: now }
  })
  entry.messages.push(...stored.map((message) => JSON.stringify(message)))
  entry.session = { ...entry.session, version: version + messages.length, updatedAt: now }
  return { kind: 'appended', version: entry.session.version, messages: stored }
}

function readPage(
  { messages }: Entry,
  { limit, before = Number.POSITIVE_INFINITY, after, maxBytes }: MessagePage,
): readonly Message[] {
  const range = messages.slice(after ?? 0, Math.max(0, before - 1))
  if (after !== undefined) return upTo(range.slice(0, limit), maxBytes).map(parseMessage)
  const last = range.slice(Math.max(0, range.length - limit))
  return upTo(last.reverse(), maxBytes).reverse().map(parseMessage)
}

/** Returns the messages up to `maxBytes`, at least one. */
function upTo(messages: readonly string[], maxBytes = Number.POSITIVE_INFINITY): string[] {
  let bytes = 0
  return messages.filter((json, at) => {
    const { content, otherFields } = parseMessage(json)
    bytes += Buffer.byteLength(JSON.stringify(content)) + Buffer.byteLength(JSON.stringify(otherFields) ?? '')
    return at === 0 || bytes <= maxBytes
  })
}

function parseMessage(json: string): Message {
  const message = JSON.parse(json) as Message
  return { ...message, otherFields: message.otherFields, model: message.model }
}

/** Orders by use, most recent first, then by id. */
function compareUse(left: SessionCursor, right: SessionCursor): number {
  if (left.updatedAt !== right.updatedAt) return right.updatedAt - left.updatedAt
  return compareText(right.id, left.id)
}

function deleteOlderThan(owners: Owners, cutoff: number, limit: number): number {
  const sessions = [...owners.values()].flatMap((entries) => [...entries.values()].map((entry) => entry.session))
  const old = sessions.filter((session) => session.updatedAt < cutoff).sort(compareAge)
  for (const { owner, id } of old.slice(0, limit)) owners.get(owner)?.delete(id)
  return Math.min(old.length, limit)
}

function compareAge(left: Session, right: Session): number {
  if (left.updatedAt !== right.updatedAt) return left.updatedAt - right.updatedAt
  return left.owner === right.owner ? compareText(left.id, right.id) : compareText(left.owner, right.owner)
}

function compareText(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
