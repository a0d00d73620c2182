import type { JsonObject } from '../../core/json.ts'
import type { LongWork } from '../../core/long-work.ts'
import type {
  AppendOptions,
  AppendResult,
  Message,
  MessagePage,
  MessageRole,
  MessageStatus,
  NewMessage,
  Session,
  SessionExport,
  SessionStore,
} from '../session-store.ts'
import { readInteger, readOptionalString, readString } from './read-column.ts'
import type { Sql, SqlRow, SqlStatement } from './sql.ts'

const sessionColumns = 'owner, id, title, created_at, updated_at, version'
const messageColumns = 'session_id, position, id, role, content, other_fields, status, model, created_at'

/**
 * Maximum content size of one step, which takes about 2 ms to read and parse. Longer content is read in a separate
 * step.
 */
const longStepBytes = 524_288

const statements = {
  create: `INSERT INTO sessions (owner, id, title, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (owner, id) DO NOTHING RETURNING ${sessionColumns}`,
  find: `SELECT ${sessionColumns} FROM sessions WHERE owner = ? AND id = ?`,
  list: `SELECT ${sessionColumns} FROM sessions WHERE owner = ? AND (updated_at, id) < (?, ?)
    ORDER BY updated_at DESC, id DESC LIMIT ?`,
  rename: `UPDATE sessions SET title = ? WHERE owner = ? AND id = ? RETURNING ${sessionColumns}`,
  delete: 'DELETE FROM sessions WHERE owner = ? AND id = ?',
  // Checks the age twice: where transactions overlap (Postgres), a session may be used between the subquery and the
  // delete.
  deleteOlderThan: `DELETE FROM sessions WHERE updated_at < ? AND (owner, id) IN
    (SELECT owner, id FROM sessions WHERE updated_at < ? ORDER BY updated_at, owner, id LIMIT ?) RETURNING 1 AS deleted`,
  deleteOf: `DELETE FROM sessions WHERE owner = ? AND id IN
    (SELECT id FROM sessions WHERE owner = ? ORDER BY updated_at, id LIMIT ?) RETURNING version`,
  contents: `SELECT content, other_fields FROM messages
    WHERE owner = ? AND session_id = ? AND position >= ? AND position < ? ORDER BY position`,
  touch: 'UPDATE sessions SET updated_at = ? WHERE owner = ? AND id = ? AND version = COALESCE(?, version)',
  insertMessage: `INSERT INTO messages (owner, ${messageColumns})
    SELECT owner, id, version + ?, ?, ?, ?, ?, ?, ?, ? FROM sessions WHERE owner = ? AND id = ? AND version = COALESCE(?, version)`,
  advance: `UPDATE sessions SET version = version + ? WHERE owner = ? AND id = ? AND version = COALESCE(?, version)
    RETURNING version`,
} as const

/** Sums the lengths first, so only the content of the page is read. Content beyond `stepBytes` is returned as NULL. */
function toPageStatement(order: 'ASC' | 'DESC', stepBytes: number): string {
  return `SELECT session_id, position, id, role, CASE WHEN bytes_so_far <= ${stepBytes} THEN content END AS content,
      CASE WHEN bytes_so_far <= ${stepBytes} THEN other_fields END AS other_fields, status, model, created_at, bytes
    FROM (SELECT place, bytes, SUM(bytes) OVER (ORDER BY place ${order}) AS bytes_so_far FROM
      (SELECT position AS place, octet_length(content) + COALESCE(octet_length(other_fields), 0) AS bytes FROM messages
        WHERE owner = ? AND session_id = ? AND position > ? AND position < ? ORDER BY position ${order} LIMIT ?) AS page)
      AS measured JOIN messages ON owner = ? AND session_id = ? AND position = place
    WHERE bytes_so_far = bytes OR bytes_so_far <= ?`
}

/** Maximum page that one SELECT of an export fetches. */
const exportPage = { limit: 500, maxBytes: 1_048_576 }

/** Creates a {@link SessionStore} on a SQL database with the schema of migrations/. */
export function createSqlSessionStore(sql: Sql, doLongWork?: LongWork): SessionStore {
  const readPage = createPageReader(sql, doLongWork)
  const find = async (owner: string, id: string) => toFirstSession(await sql.all(statements.find, [owner, id]))
  return {
    find,
    async create(owner, { id, title, now }) {
      return toFirstSession(await sql.all(statements.create, [owner, id, title ?? null, now, now]))
    },
    async list(owner, { limit, before }) {
      const params = [owner, before?.updatedAt ?? Number.MAX_SAFE_INTEGER, before?.id ?? '', limit]
      return (await sql.all(statements.list, params)).map(toSession)
    },
    async rename(owner, id, title) {
      return toFirstSession(await sql.all(statements.rename, [title ?? null, owner, id]))
    },
    async delete(owner, id) {
      return (await sql.run(statements.delete, [owner, id])) > 0
    },
    append: (owner, id, messages, options) => append(sql, { owner, id }, messages, options),
    async messages(owner, id, page) {
      const messages = await readPage({ owner, id }, page)
      if (messages.length === 0 && (await find(owner, id)) === undefined) return undefined
      return messages
    },
    async export(owner, id, maxBytes) {
      const session = await find(owner, id)
      return session && exportSession(readPage, session, maxBytes)
    },
    async deleteOlderThan(cutoff, limit) {
      return (await sql.all(statements.deleteOlderThan, [cutoff, cutoff, limit])).length
    },
    async deleteOf(owner, limit) {
      const deleted = await sql.all(statements.deleteOf, [owner, owner, limit])
      // No message is ever deleted alone, so the version is the number of messages.
      return {
        sessions: deleted.length,
        messages: deleted.reduce((sum, row) => sum + readInteger(row, 'version'), 0),
      }
    },
  }
}

type SessionKey = Pick<Session, 'owner' | 'id'>

async function append(
  sql: Sql,
  key: SessionKey,
  messages: readonly NewMessage[],
  { now, expectedVersion }: AppendOptions,
): Promise<AppendResult> {
  const where = [key.owner, key.id, expectedVersion ?? null] as const
  const results = await sql.batch([
    // Where transactions overlap (Postgres), this locks the session's row: a concurrent append waits before it reads
    // the version.
    { text: statements.touch, params: [now, ...where] },
    ...messages.map((message, index): SqlStatement => {
      return { text: statements.insertMessage, params: [index + 1, ...toMessageParams(message, now), ...where] }
    }),
    { text: statements.advance, params: [messages.length, ...where] },
  ])
  const advanced = results.at(-1)?.[0]
  if (advanced === undefined) return explainRefusal(sql, key)
  const version = readInteger(advanced, 'version')
  const first = version - messages.length + 1
  const stored = messages.map((message, index) =>
    toStored(message, { sessionId: key.id, position: first + index, createdAt: now }),
  )
  return { kind: 'appended', version, messages: stored }
}

async function explainRefusal(sql: Sql, key: SessionKey): Promise<AppendResult> {
  const session = toFirstSession(await sql.all(statements.find, [key.owner, key.id]))
  return session === undefined ? { kind: 'unknown' } : { kind: 'conflict', version: session.version }
}

async function exportSession(
  readPage: ReadPage,
  session: Session,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<SessionExport> {
  const messages: Message[] = []
  // Messages are append-only, so all positions up to the version read first form a snapshot.
  const before = session.version + 1
  for (let bytes = 0; bytes < maxBytes; ) {
    const after = messages.at(-1)?.position ?? 0
    const page = await readPage(session, { ...exportPage, after, before })
    messages.push(...page)
    if (page.length === 0 || page.at(-1)?.position === session.version) break
    bytes += page.reduce((sum, { content }) => sum + JSON.stringify(content).length, 0)
  }
  return { session, messages }
}

type ReadPage = (key: SessionKey, page: MessagePage) => Promise<readonly Message[]>

/** Without `doLongWork`, reads a page in one step: a database server does not block the event loop. */
function createPageReader(sql: Sql, doLongWork: LongWork | undefined): ReadPage {
  const stepBytes = doLongWork === undefined ? Number.MAX_SAFE_INTEGER : longStepBytes
  const firstMessages = toPageStatement('ASC', stepBytes)
  const lastMessages = toPageStatement('DESC', stepBytes)
  return async (key, { limit, before = Number.MAX_SAFE_INTEGER, after, maxBytes = Number.MAX_SAFE_INTEGER }) => {
    const { owner, id } = key
    const text = after === undefined ? lastMessages : firstMessages
    const found = await sql.all(text, [owner, id, after ?? 0, before, limit, owner, id, maxBytes])
    // Sorting in SQLite would copy all content once more.
    const rows = found.toSorted((left, right) => readInteger(left, 'position') - readInteger(right, 'position'))
    const first = rows.findIndex(isUnread)
    if (first === -1 || doLongWork === undefined) return rows.map(toMessage)
    // Unread rows are contiguous: the query reads content only from one end of the page.
    const end = rows.findLastIndex(isUnread) + 1
    const long = await doLongWork((nextMacrotask) => renderRows(sql, key, rows.slice(first, end), nextMacrotask))
    if (long.length === 0) return []
    return [...rows.slice(0, first).map(toMessage), ...long, ...rows.slice(end).map(toMessage)]
  }
}

function isUnread({ content }: SqlRow): boolean {
  return content === null
}

/** Reads the messages of rows whose content is unread. Returns none if the session was deleted meanwhile. */
async function renderRows(
  sql: Sql,
  { owner, id }: SessionKey,
  rows: readonly SqlRow[],
  nextMacrotask: () => Promise<void>,
): Promise<readonly Message[]> {
  const messages: Message[] = []
  for (const step of toSteps(rows)) {
    const [first] = step
    if (first === undefined) continue
    const start = readInteger(first, 'position')
    const contents = await sql.all(statements.contents, [owner, id, start, start + step.length])
    await nextMacrotask()
    if (contents.length < step.length) return []
    messages.push(...step.map((row, index) => toMessage({ ...row, ...contents[index] })))
    await nextMacrotask()
  }
  return messages
}

/** Groups the rows whose content is read in one step. */
function toSteps(rows: readonly SqlRow[]): readonly (readonly SqlRow[])[] {
  const steps: SqlRow[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const row of rows) {
    bytes += readInteger(row, 'bytes')
    if (bytes > longStepBytes) {
      steps.push([])
      bytes = readInteger(row, 'bytes')
    }
    steps.at(-1)?.push(row)
  }
  return steps
}

function toMessageParams(message: NewMessage, now: number) {
  const otherFields = message.otherFields === undefined ? null : JSON.stringify(message.otherFields)
  return [
    message.id,
    message.role,
    JSON.stringify(message.content),
    otherFields,
    message.status,
    message.model ?? null,
    now,
  ] as const
}

function toStored(message: NewMessage, rest: Pick<Message, 'sessionId' | 'position' | 'createdAt'>): Message {
  return { ...message, otherFields: message.otherFields, model: message.model, ...rest }
}

function toFirstSession(rows: readonly SqlRow[]): Session | undefined {
  const [row] = rows
  return row && toSession(row)
}

function toSession(row: SqlRow): Session {
  return {
    id: readString(row, 'id'),
    owner: readString(row, 'owner'),
    title: readOptionalString(row, 'title'),
    createdAt: readInteger(row, 'created_at'),
    updatedAt: readInteger(row, 'updated_at'),
    version: readInteger(row, 'version'),
  }
}

/** The casts are safe because only this store writes these columns. */
function toMessage(row: SqlRow): Message {
  const otherFields = readOptionalString(row, 'other_fields')
  return {
    id: readString(row, 'id'),
    sessionId: readString(row, 'session_id'),
    position: readInteger(row, 'position'),
    role: readString(row, 'role') as MessageRole,
    content: parseContent(readString(row, 'content')),
    otherFields: otherFields === undefined ? undefined : (JSON.parse(otherFields) as JsonObject),
    status: readString(row, 'status') as MessageStatus,
    model: readOptionalString(row, 'model'),
    createdAt: readInteger(row, 'created_at'),
  }
}

/**
 * Slices a JSON string without escapes instead of parsing it: the copy in `JSON.parse` dominates the cost of long
 * content.
 */
function parseContent(json: string): Message['content'] {
  const isPlain = json.startsWith('"') && !json.includes('\\')
  return isPlain ? json.slice(1, -1) : (JSON.parse(json) as Message['content'])
}
