import type { Answer } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { operations } from '../dialects/operations.ts'
import { handleCall } from '../pipeline/handle-call.ts'
import { answerAccount } from './account-routes.ts'
import { answerAdmin } from './admin/admin-routes.ts'
import { answerGraphql, isGraphqlPath } from './graphql-route.ts'
import { answerHealth } from './health-routes.ts'
import { answerImage, readImageId } from './image-routes.ts'
import type { Inbound } from './inbound.ts'
import { answerLegacy, isLegacyPath } from './legacy-routes.ts'
import { listModels, retrieveModel } from './models-routes.ts'
import { passThroughRoute } from './passthrough-route.ts'
import { readCall } from './read-call.ts'
import { refuseKeyInUrl } from './read-credentials.ts'
import { readTarget, type Target } from './read-target.ts'
import { answerSessions } from './session-routes.ts'
import type { Visit } from './visit.ts'

/** S21: the answer to TRACE is the request as it was sent, with the provider's key. */
const relayedMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

const operationByPath = new Map(Object.values(operations).map((operation) => [operation.path, operation]))

/** Finds the route of a request and runs it. Throws or rejects with GatewayError. */
export function route(visit: Visit): Answer | Promise<Answer> {
  const { inbound, trace, ports } = visit
  const target = readTarget(inbound.target, inbound.header('host'))
  const { apiPath, query, isVersioned } = target
  if (isGraphqlPath(target.path)) return answerGraphql(visit, target)
  const admin = answerAdmin(visit, target)
  if (admin !== undefined) return admin
  const legacy = isVersioned ? undefined : answerLegacy(visit, target)
  if (legacy !== undefined) return legacy
  const operation = operationByPath.get(apiPath)
  if (operation !== undefined && inbound.method === 'POST') {
    trace.add({ route: operation.name })
    refuseKeyInUrl(query)
    return handleCall(readCall(inbound, { operation, query, trace }, ports), ports)
  }
  if (isModels(apiPath) && isGet(inbound)) {
    trace.add({ route: 'models' })
    refuseKeyInUrl(query)
    return apiPath === '/models'
      ? listModels(inbound, ports)
      : retrieveModel(inbound, apiPath.slice('/models/'.length), ports)
  }
  return answerAccount(visit, target) ?? (isVersioned ? routeVersioned(visit, target) : routePlain(visit, target))
}

function routeVersioned(visit: Visit, target: Target): Promise<Answer> {
  return answerSessions(visit, target) ?? routeUnknown(visit, target)
}

/** `/v1/*` beyond the known operations belongs to the provider that the operator names, since its resources are shared by all callers. */
async function routeUnknown(visit: Visit, target: Target): Promise<Answer> {
  const { inbound, trace, ports } = visit
  const provider = ports.registry.passthrough
  if (provider !== undefined && target.apiPath !== '/') {
    trace.add({ route: 'passthrough' })
    if (!relayedMethods.includes(inbound.method)) throw methodNotAllowed(relayedMethods.join(', '))
    refuseKeyInUrl(target.query)
    return passThroughRoute(visit, target, provider)
  }
  refuseMethod(target.apiPath)
  const [near] = nearest(target.apiPath, [...operationByPath.keys(), '/models', '/sessions'], 1)
  const hint = near === undefined ? '' : ` Did you mean /v1${near}?`
  throw new GatewayError(
    'not_found',
    `There is no ${inbound.method} ${target.path.slice(0, 100)} here.${hint} Endpoints that Weir does not understand are relayed only if the operator names a provider for them (PASSTHROUGH=openai).`,
  )
}

async function routePlain(visit: Visit, { path, apiPath }: Target): Promise<Answer> {
  const { inbound, trace, ports, isDraining, findPage } = visit
  if (path === '/livez' || path === '/readyz') {
    trace.add({ route: path.slice(1) })
    if (!isGet(inbound)) throw methodNotAllowed('GET, HEAD')
    return answerHealth(path, ports.registry, isDraining)
  }
  const imageId = readImageId(path)
  if (imageId !== undefined) {
    trace.add({ route: 'image' })
    if (!isGet(inbound)) throw methodNotAllowed('GET, HEAD')
    return answerImage(visit, imageId)
  }
  const page = isGet(inbound) ? await findPage(path) : undefined
  if (page !== undefined) {
    trace.add({ route: 'page' })
    return page
  }
  if (isLegacyPath(path)) throw methodNotAllowed('POST')
  refuseMethod(apiPath)
  throw new GatewayError(
    'not_found',
    `There is nothing at ${inbound.method} ${path.slice(0, 100)}. The API is below /v1, such as /v1/chat/completions.`,
  )
}

function isModels(apiPath: string): boolean {
  return apiPath === '/models' || apiPath.startsWith('/models/')
}

function isGet({ method }: Inbound): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** A known path that came this far came with the wrong method. */
function refuseMethod(apiPath: string): void {
  if (operationByPath.has(apiPath)) throw methodNotAllowed('POST')
  if (isModels(apiPath)) throw methodNotAllowed('GET, HEAD')
}

function methodNotAllowed(methods: string): GatewayError {
  return new GatewayError('method_not_allowed', `This endpoint takes ${methods}.`, {
    headers: { allow: `${methods}, OPTIONS` },
  })
}
