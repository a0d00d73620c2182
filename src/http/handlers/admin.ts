import { createAdmin } from '../../admin/admin.ts'
import { endSession } from '../../admin/admin-session.ts'
import { appendAudit } from '../../admin/audit.ts'
import { authenticateAdmin } from '../../admin/authenticate-admin.ts'
import { parseInput } from '../../admin/keys/input.ts'
import { toSessionObject } from '../../admin/people/session-object.ts'
import { reachOf } from '../../admin/permissions.ts'
import { type ExportFormat, exportContentTypes } from '../../admin/reports/export.ts'
import { sessionCookie } from '../../admin/session-cookie.ts'
import type { ByteStream } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import { fields } from '../../schema/field-types.ts'
import { after, limit, toListResponse } from '../list.ts'
import { choice, count, flag, names, type Parameters, parseQuery, type QueryValues, string } from '../query.ts'
import { readCredentials } from '../read-credentials.ts'
import { patchType, readObject } from '../read-object.ts'
import { readPublicUrl } from '../read-public-url.ts'
import type { AdminEndpoint, AdminRequest, AdminRoute, LoginRoute, Route, RouteRequest } from '../route.ts'
import { toSignInResponse } from '../to-sign-in-response.ts'
import { watchResponse } from '../watch-response.ts'

/**
 * Handles a request below `/admin/v1`. S76: the caller is authenticated before the response reveals which paths exist.
 * `findRoute` throws for an unknown path or method, so it runs after authentication. `loginRoute` is the route if it
 * belongs to a sign-in, which needs no authentication.
 */
export async function handleAdmin(
  request: RouteRequest,
  findRoute: () => AdminRoute | LoginRoute,
  loginRoute: LoginRoute | undefined,
): Promise<GatewayResponse> {
  const { incoming, ports } = request
  if (loginRoute !== undefined && ports.settings.adminLogin !== undefined)
    return (await loginRoute.load()).handle(request)
  const publicUrl = readPublicUrl(incoming, ports.settings)
  const administrator = await authenticateAdmin(readCredentials(incoming, ports.settings), publicUrl, ports, {
    method: incoming.method,
    sessionId: sessionCookie.read(incoming.header('cookie'), publicUrl),
    contentType: incoming.header('content-type'),
    fetchSite: incoming.header('sec-fetch-site'),
    marker: incoming.header('x-weir-request'),
  })
  const route = findRoute()
  if (route.auth === 'login')
    throw new GatewayError('not_found', 'This server has no sign-in at an OpenID provider. Set `admin_login`.')
  const { role } = administrator
  if (reachOf(route.permission, role) === undefined)
    throw new GatewayError('permission_denied', `Your role is ${role}, which does not allow this request.`)
  const { handle } = await route.load()
  return handle({ request, admin: createAdmin(ports, administrator), administrator })
}

const format = choice('The format of the response. Overrides `Accept`.', ['json', 'csv', 'jsonl'])

/** The endpoints of the admin API, by the id of their route. */
export const endpoints = {
  retrieveSession: endpoint({}, ({ administrator }) => toJsonResponse(200, toSessionObject(administrator))),

  createSession: endpoint({}, async ({ administrator, request }) => {
    // A session does not renew itself, or a stolen one would never end.
    if (administrator.session !== undefined)
      throw new GatewayError('invalid_admin_secret', 'Send the admin secret as `Authorization: Bearer …`.', {
        headers: { 'www-authenticate': 'Bearer' },
      })
    parseInput(emptySchema, await readObject(request))
    return await toSignInResponse(undefined, administrator, request, 201)
  }),

  deleteSession: endpoint({}, async ({ administrator, request: { incoming, ports } }) => {
    const publicUrl = readPublicUrl(incoming, ports.settings)
    const id = sessionCookie.read(incoming.header('cookie'), publicUrl)
    if (id !== undefined) {
      await endSession(id, ports)
      await appendAudit({ action: 'session.delete', subject: administrator.person?.id }, administrator, ports)
    }
    const cookies = id === undefined ? undefined : [sessionCookie.clear(publicUrl)]
    return { ...toJsonResponse(200, { object: 'session.deleted', deleted: true }), cookies }
  }),

  listPeople: endpoint({ limit: limit(20, 100), after }, async ({ admin, query }) =>
    toListResponse(await admin.people.list(query)),
  ),

  createPerson: endpoint({}, async ({ admin, request }) =>
    toJsonResponse(201, await admin.people.create(await readObject(request))),
  ),

  retrievePerson: endpoint({}, async ({ admin, request: { id } }) => toJsonResponse(200, await admin.people.find(id))),

  updatePerson: endpoint({}, async ({ admin, request }) =>
    toJsonResponse(200, await admin.people.update(request.id, await readObject(request, patchType))),
  ),

  deletePerson: endpoint({}, async ({ admin, request: { id } }) => {
    await admin.people.delete(id)
    return toJsonResponse(200, { id, object: 'person.deleted', deleted: true })
  }),

  listLinks: endpoint({ limit: limit(20, 100), after }, async ({ admin, query }) =>
    toListResponse(await admin.links.list(query)),
  ),

  createLink: endpoint({}, async ({ admin, administrator, request }) => {
    const { incoming, ports } = request
    const { server } = ports.settings
    // The command line sends its request without a socket.
    const local = administrator.actor === 'cli' ? `http://localhost:${server.port}` : undefined
    const publicUrl = server.publicUrl ?? local ?? readPublicUrl(incoming, ports.settings)
    return toJsonResponse(201, await admin.links.create(await readObject(request), publicUrl))
  }),

  deleteLink: endpoint({}, async ({ admin, request: { id } }) => {
    await admin.links.delete(id)
    return toJsonResponse(200, { id, object: 'link.deleted', deleted: true })
  }),

  listKeys: endpoint(
    {
      limit: limit(20, 100),
      after,
      parent_id: string('Only the children of this key.'),
      person_id: string('Only the keys of this person.'),
    },
    async ({ admin, query: { parent_id: parentId, person_id: personId, ...page } }) =>
      toListResponse(await admin.keys.list({ ...page, parentId, personId })),
  ),

  createKey: endpoint({}, async ({ admin, request }) =>
    toJsonResponse(201, await admin.keys.create(await readObject(request))),
  ),

  retrieveKey: endpoint({}, async ({ admin, request: { id } }) => toJsonResponse(200, await admin.keys.find(id))),

  updateKey: endpoint({}, async ({ admin, request }) =>
    toJsonResponse(200, await admin.keys.update(request.id, await readObject(request, patchType))),
  ),

  rotateKey: endpoint({}, async ({ admin, request }) =>
    toJsonResponse(200, await admin.keys.rotate(request.id, await readObject(request))),
  ),

  deleteKey: endpoint({}, async ({ admin, request: { id } }) => {
    const keys = await admin.keys.delete(id)
    return toJsonResponse(200, { id, object: 'key.deleted', deleted: true, keys })
  }),

  retrieveBalance: endpoint({}, async ({ admin, request: { id } }) => toJsonResponse(200, await admin.balance(id))),

  reconcileKey: endpoint({}, async ({ admin, request }) =>
    toJsonResponse(200, await admin.reconcile(request.id, await readObject(request))),
  ),

  exportUsage: endpoint(
    {
      from: string('The first day (UTC), such as 2026-11-22. Default: 29 days before `to`.'),
      to: string('The last day (UTC), included. Default: today.'),
      group_by: names(
        'A comma-separated list of `day`, `key`, `end_user`, `provider`, `model`, `tag`, `route` and `failure`. Default: `day`.',
      ),
      key_id: string('Only this key.'),
      descendants: flag('Also includes the descendants of `key_id`.'),
      end_user: string('Only this end user.'),
      provider: string('Only this provider.'),
      model: string('Only this model.'),
      tag: string('Only records with this tag.'),
      route: string('Only attempts of this route.'),
      format,
    },
    async ({ admin, request, query: { format, ...filter } }) => {
      const kind = format ?? acceptedFormat(request)
      return toExportResponse(await admin.exportUsage(filter, kind), 'usage', kind, request)
    },
  ),

  exportRecords: endpoint(
    {
      from: string('The earliest settlement: a day (UTC), or a date and time with its zone.'),
      to: string('The latest settlement, in the same format. A day is included; a time is not.'),
      key_id: string('Only this key.'),
      after: count('Only records after this `seq`.'),
      limit: count('The maximum number of records. Default: all.'),
      format,
    },
    async ({ admin, request, query: { format, ...filter } }) => {
      const kind = format ?? acceptedFormat(request)
      return toExportResponse(await admin.exportRecords(filter, kind), 'records', kind, request)
    },
  ),

  correctRecord: endpoint({}, async ({ admin, request }) =>
    toJsonResponse(200, await admin.correctRecord(request.id, await readObject(request))),
  ),

  revokeTokens: endpoint({}, async ({ admin, request }) =>
    toJsonResponse(200, await admin.revokeTokens(await readObject(request))),
  ),

  eraseEndUser: endpoint({}, async ({ admin, request }) =>
    toJsonResponse(200, await admin.eraseEndUser(await readObject(request))),
  ),

  exportEndUser: endpoint({}, async ({ admin, request }) => {
    const publicUrl = readPublicUrl(request.incoming, request.ports.settings)
    return toExportResponse(
      await admin.exportEndUser(await readObject(request), publicUrl),
      'end-user',
      'json',
      request,
    )
  }),

  listPrices: endpoint(
    {
      limit: limit(100, 1_000),
      after,
      provider: string('Only this provider.'),
      model: string('A pattern; `*` matches any string.'),
    },
    ({ admin, query }) => toListResponse(admin.prices(query)),
  ),

  explainRoute: endpoint(
    {
      model: string('The name that a call would send: a route, an alias or a model. Required.'),
      operation: string('The operation of the call, such as `messages`. Default: `chat.completions`.'),
      session: string('The conversation. Default: none, so the choice of `sticky` and `percent` is random.'),
      key_id: string('The virtual key of the caller. Default: a caller that may use every model.'),
      tags: names('A comma-separated list of `name:value`.'),
      inputs: names('A comma-separated list of `image`, `audio` and `file`. Default: only text.'),
      input_tokens: count('The number of input tokens. Default: 0.'),
      stream: flag('A call for a stream, which `fastest` judges by the first token. Default: for a whole answer.'),
      at: string('The time of the call: a day (UTC), or a date and time with its zone. Default: now.'),
    },
    async ({ admin, query }) => toJsonResponse(200, await admin.explainRoute(query)),
  ),

  listAudit: endpoint(
    { limit: limit(20, 100), after, subject: string('Only changes of this key, record, person or link, by its id.') },
    async ({ admin, query }) => toListResponse(await admin.audit(query)),
  ),
}

/**
 * Creates the endpoint that describes the admin API, for administrators only (S77). It renders the description on
 * request.
 */
export function toDescription(routes: readonly Route[]): AdminEndpoint {
  return endpoint({}, async ({ request: { incoming, ports } }) => {
    const { describeAdmin } = await import('../openapi/describe-admin.ts')
    return toJsonResponse(200, await describeAdmin(routes, readPublicUrl(incoming, ports.settings)))
  })
}

/** Creates an endpoint that parses the query before `handle` runs. */
function endpoint<const Query extends Parameters>(
  query: Query,
  handle: (
    request: AdminRequest & { readonly query: QueryValues<Query> },
  ) => GatewayResponse | Promise<GatewayResponse>,
): AdminEndpoint {
  return { query, handle: (parts) => handle({ ...parts, query: parseQuery(parts.request.target.query, query) }) }
}

/** A request without fields. */
const emptySchema = fields({})

function acceptedFormat({ incoming }: RouteRequest): ExportFormat {
  const accept = incoming.header('accept') ?? ''
  if (/^text\/csv\b/i.test(accept)) return 'csv'
  return /^application\/(x-ndjson|jsonl)\b/i.test(accept) ? 'jsonl' : 'json'
}

function toExportResponse(
  stream: ByteStream,
  name: string,
  format: ExportFormat,
  { trace }: RouteRequest,
): GatewayResponse {
  const headers = {
    'content-type': exportContentTypes[format],
    'content-disposition': `attachment; filename="${name}.${format}"`,
  }
  return { status: 200, headers, body: watchResponse(stream, trace) }
}
