import { createAdmin } from '../../admin/admin.ts'
import { authenticateAdmin } from '../../admin/authenticate-admin.ts'
import { type ExportFormat, exportContentTypes } from '../../admin/reports/export.ts'
import type { ByteStream } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import type { JsonObject } from '../../core/json.ts'
import { parseJsonBody } from '../../openai/parse-json-body.ts'
import { readBody } from '../../pipeline/call/read-request.ts'
import { after, limit, toListResponse } from '../list.ts'
import { choice, count, flag, names, type Parameters, parseQuery, type QueryValues, text } from '../query.ts'
import { readPublicUrl, toUnreadBody } from '../read-call.ts'
import { readCredentials } from '../read-credentials.ts'
import type { AdminEndpoint, AdminRequest, Route, RouteRequest } from '../route.ts'
import { watchResponse } from '../watch-response.ts'

/**
 * Answers a request below `/admin/v1`. S76: the caller is authenticated before the response says what exists, so `findEndpoint`, which
 * throws for an unknown path or method, is called after the guard.
 */
export async function answerAdmin(
  request: RouteRequest,
  findEndpoint: () => Promise<AdminEndpoint>,
): Promise<GatewayResponse> {
  const { inbound, ports } = request
  const credentials = readCredentials(inbound, ports.settings)
  const administrator = await authenticateAdmin(credentials, readPublicUrl(inbound, ports.settings), ports)
  const { answer } = await findEndpoint()
  return answer({ request, admin: createAdmin(ports, administrator) })
}

const format = choice('Goes before `Accept`.', ['json', 'csv', 'jsonl'])

/** The endpoints of the admin API, by the id of their route. */
export const endpoints = {
  listKeys: endpoint(
    { limit: limit(20, 100), after, parent_id: text('Only the children of this key.') },
    async ({ admin, query: { parent_id: parentId, ...page } }) =>
      toListResponse(await admin.keys.list({ ...page, parentId })),
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
      from: text('A day (UTC) such as 2026-11-22, included. The last thirty days if left out.'),
      to: text('A day (UTC), included. Today if left out.'),
      group_by: names('Of `day`, `key`, `end_user`, `provider`, `model` and `tag`, with commas; `day` if left out.'),
      key_id: text('Only this key.'),
      descendants: flag('True includes the keys below it.'),
      end_user: text('Only this end user.'),
      provider: text('Only this provider.'),
      model: text('Only this model.'),
      tag: text('Only records with this tag.'),
      format,
    },
    async ({ admin, request, query: { format, ...filter } }) => {
      const kind = format ?? acceptedFormat(request)
      return toExportResponse(await admin.exportUsage(filter, kind), 'usage', kind, request)
    },
  ),

  exportRecords: endpoint(
    {
      from: text('A day, or a date and time with its zone: when the record was settled.'),
      to: text('The same. A day is included, an instant is not.'),
      key_id: text('Only this key.'),
      after: count('Only records after this `seq`.'),
      limit: count('The maximum number of records. All if left out.'),
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

  listPrices: endpoint(
    {
      limit: limit(100, 1_000),
      after,
      provider: text('Only this provider.'),
      model: text('A pattern, in which `*` matches any string.'),
    },
    ({ admin, query }) => toListResponse(admin.prices(query)),
  ),

  listAudit: endpoint(
    { limit: limit(20, 100), after, subject: text('Only changes of this key, or of this record.') },
    async ({ admin, query }) => toListResponse(await admin.audit(query)),
  ),
}

/** The endpoint that describes the admin API, for administrators only (S77). The description is made when it is asked for. */
export function toDescription(routes: readonly Route[]): AdminEndpoint {
  return endpoint({}, async ({ request: { inbound, ports } }) => {
    const { describeAdmin } = await import('../openapi/describe-admin.ts')
    return toJsonResponse(200, await describeAdmin(routes, readPublicUrl(inbound, ports.settings)))
  })
}

/** An endpoint whose query is parsed before it answers. */
function endpoint<const Query extends Parameters>(
  query: Query,
  answer: (
    request: AdminRequest & { readonly query: QueryValues<Query> },
  ) => GatewayResponse | Promise<GatewayResponse>,
): AdminEndpoint {
  return { query, answer: (parts) => answer({ ...parts, query: parseQuery(parts.request.target.query, query) }) }
}

/** Every list of a key at its longest. */
const lengthLimit = 1_048_576

const jsonType = /^application\/json *(;|$)/i
/** Also by the name that RFC 7396 gives it. */
const patchType = /^application\/(merge-patch\+)?json *(;|$)/i

/** The object in the body; an empty body is an empty object. S44: a body that a form can send is refused. */
async function readObject({ inbound, ports }: RouteRequest, knownType = jsonType): Promise<JsonObject> {
  const { bodyBytes, jsonDepth } = ports.settings.limits
  const type = inbound.header('content-type')
  if (type !== undefined && !knownType.test(type)) throw notJson()
  const bytes = await readBody(toUnreadBody(inbound), Math.min(bodyBytes, lengthLimit))
  if (bytes.length === 0) return {}
  if (type === undefined) throw notJson()
  return parseJsonBody(bytes, jsonDepth).object
}

function notJson(): GatewayError {
  return new GatewayError('unsupported_media_type', 'Send the body with `content-type: application/json`.')
}

function acceptedFormat({ inbound }: RouteRequest): ExportFormat {
  const accept = inbound.header('accept') ?? ''
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
