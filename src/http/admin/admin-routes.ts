import type { Answer } from '../../core/answer.ts'
import { GatewayError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { authenticateAdmin } from '../../pipeline/admin/authenticate-admin.ts'
import { createAdmin } from '../../pipeline/admin/create-admin.ts'
import { readCredentials, refuseKeyInUrl } from '../read-credentials.ts'
import { readPublicUrl } from '../read-public-url.ts'
import type { Target } from '../read-target.ts'
import type { Visit } from '../visit.ts'
import { answerAdminGraphql } from './admin-graphql-route.ts'
import type { AdminHandler } from './admin-visit.ts'
import { answerOpenApi } from './answer-openapi.ts'
import { createKey, deleteKey, listKeys, retrieveBalance, retrieveKey, rotateKey, updateKey } from './key-handlers.ts'
import { exportRecords, exportUsage, listAudit, listPrices } from './report-handlers.ts'

const prefix = '/admin/v1'
const graphqlPath = `${prefix}/graphql`

/** Path below `/admin/v1` and method. */
const handlers: Readonly<Record<string, Readonly<Record<string, AdminHandler>>>> = {
  '/keys': { GET: listKeys, POST: createKey },
  '/keys/{id}': { GET: retrieveKey, PATCH: updateKey, DELETE: deleteKey },
  '/keys/{id}/rotate': { POST: rotateKey },
  '/keys/{id}/balance': { GET: retrieveBalance },
  '/usage': { GET: exportUsage },
  '/records': { GET: exportRecords },
  '/prices': { GET: listPrices },
  '/audit': { GET: listAudit },
  '/openapi.json': { GET: answerOpenApi },
}

/** An export is made while it is read; nothing can be said of it without making it. */
const streamed: ReadonlySet<AdminHandler> = new Set([exportUsage, exportRecords])

/** Every method and path of the admin API, beside its GraphQL. */
export const adminRoutes: readonly { readonly method: string; readonly path: string }[] = Object.entries(
  handlers,
).flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ method, path: `${prefix}${path}` })))

/** Where errors are told by RFC 9457. The admin's GraphQL tells them as GraphQL does. */
export function isAdminPath(path: string): boolean {
  return path === '/admin' || (path.startsWith('/admin/') && path !== graphqlPath)
}

export function isAdminGraphqlPath(path: string): boolean {
  return path === graphqlPath
}

/**
 * Everything below `/admin/v1`. Undefined where the path is not below it. S76: who asks is known before it is even said what there is, by one
 * guard for all of it.
 */
export function answerAdmin(visit: Visit, target: Target): Promise<Answer> | undefined {
  return target.path === prefix || target.path.startsWith(`${prefix}/`) ? answer(visit, target) : undefined
}

async function answer(visit: Visit, target: Target): Promise<Answer> {
  const { inbound, ports, trace } = visit
  trace.add({ route: 'admin' })
  refuseKeyInUrl(target.query)
  const request = {
    credentials: readCredentials(inbound, ports.settings),
    publicUrl: readPublicUrl(inbound, ports.settings),
  }
  const admin = createAdmin(ports, await authenticateAdmin(request, ports))
  if (isAdminGraphqlPath(target.path)) return await answerAdminGraphql({ visit, admin, query: target.query })
  const { handler, id } = findHandler(inbound.method, target.path)
  return await handler({ visit, admin, query: target.query }, id)
}

interface Found {
  readonly handler: AdminHandler
  readonly id: string
}

function findHandler(method: string, path: string): Found {
  const [, id, action = ''] = /^\/keys\/([^/]+)(\/[^/]+)?$/.exec(path.slice(prefix.length)) ?? []
  const pattern = id === undefined ? path.slice(prefix.length) : `/keys/{id}${action}`
  const methods = Object.hasOwn(handlers, pattern) ? handlers[pattern] : undefined
  if (methods === undefined) throw notFound(method, path)
  const wanted = method === 'HEAD' ? 'GET' : method
  const handler = Object.hasOwn(methods, wanted) ? methods[wanted] : undefined
  if (handler !== undefined && !(method === 'HEAD' && streamed.has(handler))) return { handler, id: id ?? '' }
  const allowed = Object.keys(methods).join(', ')
  throw new GatewayError('method_not_allowed', `This endpoint takes ${allowed}.`, {
    headers: { allow: `${allowed}, OPTIONS` },
  })
}

function notFound(method: string, path: string): GatewayError {
  const [near] = nearest(path.slice(prefix.length), Object.keys(handlers), 1)
  const hint = near === undefined ? `GET ${prefix}/openapi.json tells what there is.` : `Did you mean ${prefix}${near}?`
  return new GatewayError('not_found', `There is no ${method} ${path.slice(0, 100)} here. ${hint}`)
}
