import { type Answer, toJsonAnswer } from '../../core/answer.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { parseJsonBody } from '../../openai/parse-json-body.ts'
import { readBody } from '../../pipeline/call/read-request.ts'
import { sessionsOf } from '../../pipeline/sessions/caller-sessions.ts'
import type { Message, Session } from '../../storage/session-store.ts'
import { after, limit, toListAnswer } from '../list.ts'
import type { MessageObject, SessionObject } from '../openapi/api-schemas.ts'
import { count, readQuery } from '../query.ts'
import { toUnreadBody } from '../read-call.ts'
import type { CallerRequest } from '../route.ts'

export const sessionListQuery = { limit: limit(20, 100), after }

export const messageListQuery = {
  limit: limit(20, 100),
  before: count('Only messages before this `position`.'),
  after: count('Only messages after this `position`.'),
}

export async function listSessions({ caller, ports, target }: CallerRequest): Promise<Answer> {
  const sessions = sessionsOf(caller, ports)
  const { limit, after } = readQuery(target.query, sessionListQuery)
  const { items, next } = await sessions.list(limit, after)
  return toListAnswer({ items: items.map(toSession), next })
}

export async function createSession(request: CallerRequest): Promise<Answer> {
  const sessions = sessionsOf(request.caller, request.ports)
  return toJsonAnswer(201, toSession(await sessions.create(readTitle(await readObject(request)))))
}

export async function retrieveSession({ caller, ports, id }: CallerRequest): Promise<Answer> {
  return toJsonAnswer(200, toSession(await sessionsOf(caller, ports).find(id)))
}

export async function renameSession(request: CallerRequest): Promise<Answer> {
  const sessions = sessionsOf(request.caller, request.ports)
  const object = await readObject(request)
  const title = readTitle(object)
  if (object.title === undefined) {
    throw new GatewayError('missing_required_parameter', 'title field is required: a string, or null to have none.', {
      param: 'title',
    })
  }
  return toJsonAnswer(200, toSession(await sessions.rename(request.id, title)))
}

export async function deleteSession({ caller, ports, id }: CallerRequest): Promise<Answer> {
  await sessionsOf(caller, ports).delete(id)
  return toJsonAnswer(200, { id, object: 'session.deleted', deleted: true })
}

export async function listMessages({ caller, ports, target, id }: CallerRequest): Promise<Answer> {
  const sessions = sessionsOf(caller, ports)
  const { items, next } = await sessions.messages(id, readQuery(target.query, messageListQuery))
  return toListAnswer({ items: items.map(toMessage), next })
}

export async function exportSession({ caller, ports, id }: CallerRequest): Promise<Answer> {
  const { session, messages } = await sessionsOf(caller, ports).export(id)
  const headers = { 'content-disposition': `attachment; filename="${session.id}.json"` }
  return toJsonAnswer(200, { ...toSession(session), messages: messages.map(toMessage) }, headers)
}

function toSession({ id, title, createdAt, updatedAt, version }: Session): SessionObject {
  return {
    id,
    object: 'session',
    title: title ?? null,
    created_at: Math.floor(createdAt / 1000),
    updated_at: Math.floor(updatedAt / 1000),
    message_count: version,
  }
}

function toMessage(message: Message): MessageObject {
  const { id, position, role, content, otherFields, status, model, createdAt } = message
  return {
    ...otherFields,
    id,
    object: 'session.message',
    position,
    role,
    content,
    status,
    model: model ?? null,
    created_at: Math.floor(createdAt / 1000),
  }
}

/** A title has 200 characters. */
const lengthLimit = 65_536

async function readObject({ inbound, ports }: CallerRequest): Promise<JsonObject> {
  const { bodyBytes, jsonDepth } = ports.settings.limits
  const bytes = await readBody(toUnreadBody(inbound), Math.min(bodyBytes, lengthLimit))
  return bytes.length === 0 ? {} : parseJsonBody(bytes, jsonDepth).object
}

/** S36: a request that sets an owner or a date is refused, not ignored. */
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
  throw new GatewayError('invalid_value', 'title must be a string of at most 200 characters.', { param: 'title' })
}
