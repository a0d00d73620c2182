import { createAdmin } from '../../admin/admin.ts'
import { authenticateAdmin } from '../../admin/authenticate-admin.ts'
import { type ExportFormat, exportContentTypes } from '../../admin/reports/export.ts'
import type { ByteStream } from '../../core/byte-stream.ts'
import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import { after, limit, toListResponse } from '../list.ts'
import { choice, count, flag, names, type Parameters, parseQuery, type QueryValues, string } from '../query.ts'
import { readCredentials } from '../read-credentials.ts'
import { patchType, readObject } from '../read-object.ts'
import { readPublicUrl } from '../read-public-url.ts'
import type { AdminEndpoint, AdminRequest, Route, RouteRequest } from '../route.ts'
import { watchResponse } from '../watch-response.ts'

/**
 * Handles a request below `/admin/v1`. S76: the caller is authenticated before the response reveals which paths exist.
 * `findEndpoint` throws for an unknown path or method, so it runs after authentication.
 */
export async function handleAdmin(
  request: RouteRequest,
  findEndpoint: () => Promise<AdminEndpoint>,
): Promise<GatewayResponse> {
  const { incoming, ports } = request
  const credentials = readCredentials(incoming, ports.settings)
  const administrator = await authenticateAdmin(credentials, readPublicUrl(incoming, ports.settings), ports)
  const { handle } = await findEndpoint()
  return handle({ request, admin: createAdmin(ports, administrator) })
}

const format = choice('The format of the response. Overrides `Accept`.', ['json', 'csv', 'jsonl'])

/** The endpoints of the admin API, by the id of their route. */
export const endpoints = {
  listKeys: endpoint(
    { limit: limit(20, 100), after, parent_id: string('Only the children of this key.') },
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
      from: string('The first day (UTC), such as 2026-11-22. Default: 29 days before `to`.'),
      to: string('The last day (UTC), included. Default: today.'),
      group_by: names(
        'A comma-separated list of `day`, `key`, `end_user`, `provider`, `model` and `tag`. Default: `day`.',
      ),
      key_id: string('Only this key.'),
      descendants: flag('Also includes the descendants of `key_id`.'),
      end_user: string('Only this end user.'),
      provider: string('Only this provider.'),
      model: string('Only this model.'),
      tag: string('Only records with this tag.'),
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

  listAudit: endpoint(
    { limit: limit(20, 100), after, subject: string('Only changes of this key or record, by its id.') },
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
