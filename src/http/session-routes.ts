import { type Answer, toJsonAnswer } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { parseJsonBody } from '../openai/parse-json-body.ts'
import { authenticate } from '../pipeline/authenticate.ts'
import { readBody } from '../pipeline/read-request.ts'
import { type CallerSessions, sessionsOf } from '../pipeline/sessions-of.ts'
import type { Message, Session } from '../storage/storage.ts'
import { toUnreadBody } from './read-call.ts'
import { readCredentials } from './read-credentials.ts'
import type { Target } from './read-target.ts'
import type { Visit } from './visit.ts'

/** One request for sessions. */
interface SessionVisit {
  readonly visit: Visit
  readonly sessions: CallerSessions
  readonly query: URLSearchParams
}

type Handler = (visit: SessionVisit, id: string) => Promise<Answer>

/** Path below `/v1/sessions` and method. */
const handlers: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '': { GET: list, POST: create },
  '/{id}': { GET: retrieve, PATCH: rename, POST: rename, DELETE: remove },
  '/{id}/messages': { GET: listMessages },
  '/{id}/export': { GET: exportSession },
}

/** `/v1/sessions…`: the sessions of GraphQL, over REST. Undefined where the path is not one of them. */
export function answerSessions(visit: Visit, { apiPath, query }: Target): Promise<Answer> | undefined {
  const match = /^\/sessions(?:\/([^/]+)(\/messages|\/export)?)?$/.exec(apiPath)
  if (match === null) return undefined
  const [, id, rest = ''] = match
  const methods = handlers[id === undefined ? '' : `/{id}${rest}`] ?? {}
  const method = visit.inbound.method === 'HEAD' ? 'GET' : visit.inbound.method
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (handler === undefined) {
    const allowed = Object.keys(methods).join(', ')
    throw new GatewayError('method_not_allowed', `This endpoint takes ${allowed}.`, {
      headers: { allow: `${allowed}, OPTIONS` },
    })
  }
  visit.trace.add({ route: 'sessions' })
  return answer(visit, (sessions) => handler({ visit, sessions, query: new URLSearchParams(query) }, id ?? ''))
}

async function answer(
  { inbound, ports }: Visit,
  handle: (sessions: CallerSessions) => Promise<Answer>,
): Promise<Answer> {
  const caller = await authenticate(readCredentials(inbound, ports.settings), ports)
  return await handle(sessionsOf(caller, ports))
}

async function create({ visit, sessions }: SessionVisit): Promise<Answer> {
  return toJsonAnswer(201, toSession(await sessions.create(readTitle(await readObject(visit)))))
}

async function list({ sessions, query }: SessionVisit): Promise<Answer> {
  const { items, next } = await sessions.list(readLimit(query), query.get('after') ?? undefined)
  return toJsonAnswer(200, {
    object: 'list',
    data: items.map(toSession),
    has_more: next !== undefined,
    next: next ?? null,
  })
}

async function retrieve({ sessions }: SessionVisit, id: string): Promise<Answer> {
  return toJsonAnswer(200, toSession(await sessions.find(id)))
}

async function rename({ visit, sessions }: SessionVisit, id: string): Promise<Answer> {
  const object = await readObject(visit)
  const title = readTitle(object)
  if (object.title === undefined) {
    throw new GatewayError('missing_required_parameter', 'title field is required: a text, or null to have none.', {
      param: 'title',
    })
  }
  return toJsonAnswer(200, toSession(await sessions.rename(id, title)))
}

async function remove({ sessions }: SessionVisit, id: string): Promise<Answer> {
  await sessions.delete(id)
  return toJsonAnswer(200, { id, object: 'session.deleted', deleted: true })
}

async function listMessages({ sessions, query }: SessionVisit, id: string): Promise<Answer> {
  const page = { limit: readLimit(query), before: readPosition(query, 'before'), after: readPosition(query, 'after') }
  const { items, next } = await sessions.messages(id, page)
  return toJsonAnswer(200, {
    object: 'list',
    data: items.map(toMessage),
    has_more: next !== undefined,
    next: next ?? null,
  })
}

async function exportSession({ sessions }: SessionVisit, id: string): Promise<Answer> {
  const { session, messages } = await sessions.export(id)
  const headers = { 'content-disposition': `attachment; filename="${session.id}.json"` }
  return toJsonAnswer(200, { ...toSession(session), messages: messages.map(toMessage) }, headers)
}

function toSession({ id, title, createdAt, updatedAt, version }: Session) {
  const [created, updated] = [createdAt, updatedAt].map((time) => Math.floor(time / 1000))
  return {
    id,
    object: 'session',
    title: title ?? null,
    created_at: created,
    updated_at: updated,
    message_count: version,
  }
}

function toMessage({ id, position, role, content, otherFields, status, model, createdAt }: Message) {
  const created = Math.floor(createdAt / 1000)
  return {
    ...otherFields,
    id,
    object: 'session.message',
    position,
    role,
    content,
    status,
    model: model ?? null,
    created_at: created,
  }
}

async function readObject({ inbound, ports }: Visit): Promise<JsonObject> {
  const { bodyBytes, jsonDepth } = ports.settings.limits
  const bytes = await readBody(toUnreadBody(inbound), bodyBytes)
  return bytes.length === 0 ? {} : parseJsonBody(bytes, jsonDepth).object
}

/** S36: an owner or a date that somebody hopes to set is refused, not ignored. */
function readTitle(object: JsonObject): string | undefined {
  const unknown = Object.keys(object).find((name) => name !== 'title')
  if (unknown !== undefined) {
    throw new GatewayError(
      'invalid_value',
      `A session has no field ${JSON.stringify(unknown.slice(0, 50))}; only \`title\` can be set.`,
      { param: unknown },
    )
  }
  const { title } = object
  if (title === undefined || title === null) return undefined
  if (typeof title === 'string') return title
  throw new GatewayError('invalid_value', 'title must be a text of at most 200 characters.', { param: 'title' })
}

function readLimit(query: URLSearchParams): number {
  const limit = readPosition(query, 'limit') ?? 20
  if (limit >= 1 && limit <= 100) return limit
  throw new GatewayError('invalid_value', 'limit must be from 1 to 100.', { param: 'limit' })
}

function readPosition(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new GatewayError('invalid_value', `${name} must be a whole number.`, { param: name })
}
