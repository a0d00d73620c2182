import { streamStrings } from '../../admin/reports/export.ts'
import { GatewayError } from '../../core/errors.ts'
import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import type { JsonObject } from '../../core/json.ts'
import { parseJsonBody } from '../../openai/parse-json-body.ts'
import { readBody } from '../../pipeline/call/read-request.ts'
import { sessionsOf } from '../../pipeline/sessions/caller-sessions.ts'
import { renderSession, toMessageObject, toSessionObject } from '../../pipeline/sessions/render-session.ts'
import type { Message, Session } from '../../storage/session-store.ts'
import { after, limit, toListResponse } from '../list.ts'
import type { MessageObject, SessionObject } from '../openapi/api-schemas.ts'
import { count, readQuery } from '../query.ts'
import { toUnreadBody } from '../read-call.ts'
import type { CallerRequest } from '../route.ts'
import { watchResponse } from '../watch-response.ts'

// The types check that a session and a message are as the API describes them.
const toSession: (session: Session) => SessionObject = toSessionObject
const toMessage: (message: Message) => MessageObject = toMessageObject

export const sessionListQuery = { limit: limit(20, 100), after }

export const messageListQuery = {
  limit: limit(20, 100),
  before: count('Only messages before this `position`.'),
  after: count('Only messages after this `position`.'),
}

export async function listSessions({ caller, ports, target }: CallerRequest): Promise<GatewayResponse> {
  const sessions = sessionsOf(caller, ports)
  const { limit, after } = readQuery(target.query, sessionListQuery)
  const { items, next } = await sessions.list(limit, after)
  return toListResponse({ items: items.map(toSession), next })
}

export async function createSession(request: CallerRequest): Promise<GatewayResponse> {
  const sessions = sessionsOf(request.caller, request.ports)
  return toJsonResponse(201, toSession(await sessions.create(readTitle(await readObject(request)))))
}

export async function retrieveSession({ caller, ports, id }: CallerRequest): Promise<GatewayResponse> {
  return toJsonResponse(200, toSession(await sessionsOf(caller, ports).find(id)))
}

export async function renameSession(request: CallerRequest): Promise<GatewayResponse> {
  const sessions = sessionsOf(request.caller, request.ports)
  const object = await readObject(request)
  const title = readTitle(object)
  if (object.title === undefined) {
    throw new GatewayError('missing_required_parameter', 'title is required: a string, or null to remove it.', {
      param: 'title',
    })
  }
  return toJsonResponse(200, toSession(await sessions.rename(request.id, title)))
}

export async function deleteSession({ caller, ports, id }: CallerRequest): Promise<GatewayResponse> {
  await sessionsOf(caller, ports).delete(id)
  return toJsonResponse(200, { id, object: 'session.deleted', deleted: true })
}

export async function listMessages({ caller, ports, target, id, incoming }: CallerRequest): Promise<GatewayResponse> {
  const sessions = sessionsOf(caller, ports)
  const { items, next } = await sessions.messages(id, readQuery(target.query, messageListQuery))
  const response = toListResponse({ items: items.map(toMessage), next })
  const share = ports.buffers.open()
  if (typeof response.body === 'string') share.require(2 * response.body.length)
  incoming.releaseWhenSent(share)
  return response
}

export async function exportSession({ caller, ports, id, trace }: CallerRequest): Promise<GatewayResponse> {
  const { session, pages } = await sessionsOf(caller, ports).exportPages(id)
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-disposition': `attachment; filename="${session.id}.json"`,
  }
  const body = await streamStrings(renderSession(session, pages, ports.buffers.open()), ports.clock)
  return { status: 200, headers, body: watchResponse(body, trace) }
}

/** Maximum body in bytes; a title has at most 200 characters. */
const maxBodyBytes = 65_536

async function readObject({ incoming, ports }: CallerRequest): Promise<JsonObject> {
  const { bodyBytes, jsonDepth } = ports.settings.limits
  const bytes = await readBody(toUnreadBody(incoming), Math.min(bodyBytes, maxBodyBytes))
  return bytes.length === 0 ? {} : parseJsonBody(bytes, jsonDepth).object
}

/** Reads the title. S36: a request that sets an owner or a date is refused, not ignored. */
function readTitle(object: JsonObject): string | undefined {
  const unknown = Object.keys(object).find((name) => name !== 'title')
  if (unknown !== undefined) {
    throw new GatewayError(
      'invalid_value',
      `A session has no field ${JSON.stringify(unknown.slice(0, 50))}. Set only \`title\`.`,
      { param: unknown },
    )
  }
  const { title } = object
  if (title === undefined || title === null) return undefined
  if (typeof title === 'string') return title
  throw new GatewayError('invalid_value', 'title must be a string of at most 200 characters.', { param: 'title' })
}
