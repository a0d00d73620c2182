import { type GatewayResponse, toJsonResponse } from '../core/gateway-response.ts'
import { type Operation, operations } from '../dialects/operations.ts'
import { handleCall } from '../pipeline/handle-call.ts'
import { checkAlt } from './check-alt.ts'
import { retrieveBillingUsage, retrieveCurrentKey, retrieveSubscription } from './handlers/account.ts'
import { retrieveClient, retrieveClientTypes } from './handlers/client.ts'
import { generationQuery, retrieveGeneration } from './handlers/generation.ts'
import { handleGraphql } from './handlers/graphql.ts'
import { handleLive, handleReady } from './handlers/health.ts'
import { retrieveImage } from './handlers/images.ts'
import { handleLegacy } from './handlers/legacy.ts'
import { decodeModel, geminiPageQuery, handleModelList, retrieveModel } from './handlers/models.ts'
import { handleKeptResponse, handlePassthrough } from './handlers/passthrough.ts'
import {
  createSession,
  deleteSession,
  exportSession,
  listMessages,
  listSessions,
  messageListQuery,
  renameSession,
  retrieveSession,
  sessionListQuery,
} from './handlers/sessions.ts'
import { readCall } from './read-call.ts'
import { readPublicUrl } from './read-public-url.ts'
import type { Route, RouteRequest } from './route.ts'

/** Columns that the rows of an area share. */
const call = { methods: ['POST'], auth: 'call', isPlainToo: true, isRelayed: true } as const
const models = {
  methods: ['GET', 'HEAD'],
  trace: 'models',
  auth: 'caller',
  errors: 'openai',
  isPlainToo: true,
  isRelayed: true,
} as const
const kept = {
  trace: 'responses',
  auth: 'call',
  errors: 'openai',
  isPlainToo: true,
  isRelayed: true,
  handle: handleKeptResponse,
} as const
const gemini = { errors: 'gemini', isPlainToo: false } as const
const account = { methods: ['GET', 'HEAD'], auth: 'caller', errors: 'openai' } as const
const tokens = { methods: ['POST'], trace: 'client_tokens', errors: 'openai' } as const
const session = { trace: 'sessions', auth: 'caller', errors: 'openai' } as const
const legacy = { methods: ['POST'], trace: 'legacy', auth: 'call', errors: 'legacy', handle: handleLegacy } as const
const open = { methods: ['GET', 'HEAD'], auth: 'none', errors: 'openai' } as const
const admin = { trace: 'admin', auth: 'admin', errors: 'admin' } as const
/** Without HEAD, which would use up the provider's code as GET does. */
const login = { trace: 'admin', auth: 'login', errors: 'admin', methods: ['GET'], isStreamed: true } as const
/** Columns of the admin API with the permission that each row needs. */
const self = { ...admin, permission: 'self' } as const
const read = { ...admin, permission: 'read' } as const
const readKeys = { ...admin, permission: 'readKeys' } as const
const rotateKeys = { ...admin, permission: 'rotateKeys' } as const
const change = { ...admin, permission: 'change' } as const

const endpoint = (id: keyof typeof import('./handlers/admin.ts')['endpoints']) => async () =>
  (await import('./handlers/admin.ts')).endpoints[id]

const loginEndpoint = (id: keyof typeof import('./handlers/sign-in.ts')['loginEndpoints']) => async () =>
  (await import('./handlers/sign-in.ts')).loginEndpoints[id]

/** `POST /v1/claim`: loaded at the first claim, because few servers have links. */
async function claim(request: RouteRequest): Promise<GatewayResponse> {
  const { claimLinkSecret } = await import('./handlers/sign-in.ts')
  return await claimLinkSecret(request)
}

/** `GET /openapi.json`: describes the callers' API; rendered at the first request. */
async function describe({ incoming, ports }: RouteRequest): Promise<GatewayResponse> {
  const { describeApi } = await import('./openapi/describe-api.ts')
  return toJsonResponse(200, describeApi(routes, readPublicUrl(incoming, ports.settings)))
}

/** Routes of the operations that Weir understands. */
const calls = Object.values(operations).flatMap((operation): readonly Route[] => {
  const { name, api, dialect, path, streamPath } = operation
  const row = { ...call, errors: api, trace: name }
  if (dialect.isModelInPath !== true)
    return [
      {
        ...row,
        id: name,
        path: `/v1${path}`,
        handle: ({ incoming, trace, ports, target: { query, deployment } }: RouteRequest) =>
          handleCall(readCall(incoming, { operation, query, deployment, trace }, ports), ports),
      },
    ]
  const plain = { ...row, id: name, path: `/v1beta${path}`, handle: handleModelPath(operation, false) }
  if (streamPath === undefined) return [plain]
  return [
    plain,
    { ...row, id: `${name}.stream`, path: `/v1beta${streamPath}`, handle: handleModelPath(operation, true) },
  ]
})

/** Handles a call whose path has the model, and says whether the response is a stream. */
function handleModelPath(operation: Operation, isStreamPath: boolean) {
  return ({ incoming, trace, ports, target: { query }, id, urlKey }: RouteRequest) => {
    checkAlt(query, isStreamPath)
    const deployment = decodeModel(id)
    return handleCall(readCall(incoming, { operation, query, deployment, isStreamPath, urlKey, trace }, ports), ports)
  }
}

/**
 * The route table, the only list of paths. `router.ts` and OpenAPI read handlers, authentication, `Allow`, 404 and 405,
 * error formats and log names from it.
 */
// biome-ignore format: one row, one route
export const routes: readonly Route[] = [
  // The two image paths without `/v1` belong to the old proxy.
  { ...legacy, id: 'legacy.chat', path: '/' },
  { ...legacy, id: 'legacy.images', path: '/images/generations' },
  { ...legacy, id: 'legacy.generateImage', path: '/generate-image' },

  ...calls,
  { ...kept, id: 'responses.retrieve', methods: ['GET'], path: '/v1/responses/{response}' },
  { ...kept, id: 'responses.delete', methods: ['DELETE'], path: '/v1/responses/{response}' },
  { ...kept, id: 'responses.cancel', methods: ['POST'], path: '/v1/responses/{response}/cancel' },
  { ...kept, id: 'responses.inputItems', methods: ['GET'], path: '/v1/responses/{response}/input_items' },
  { ...models, id: 'models.list', path: '/v1/models', handle: handleModelList },
  { ...models, id: 'models.retrieve', path: '/v1/models/{model}', handle: retrieveModel },
  { ...models, ...gemini, id: 'gemini.models.list', path: '/v1beta/models', query: geminiPageQuery, handle: handleModelList },
  { ...models, ...gemini, id: 'gemini.models.retrieve', path: '/v1beta/models/{model}', handle: retrieveModel },

  { ...account, id: 'key.retrieve', path: '/v1/key', trace: 'key', handle: retrieveCurrentKey },
  { ...account, id: 'generation.retrieve', path: '/v1/generation', trace: 'generation', query: generationQuery, handle: retrieveGeneration },
  { ...account, id: 'billing.subscription', path: '/v1/dashboard/billing/subscription', trace: 'billing', isPlainToo: true, handle: retrieveSubscription },
  { ...account, id: 'billing.usage', path: '/v1/dashboard/billing/usage', trace: 'billing', isPlainToo: true, handle: retrieveBillingUsage },

  { ...tokens, id: 'clientTokens.create', path: '/v1/client_tokens', auth: 'caller', handle: async (request) => (await import('./handlers/user-tokens.ts')).createClientToken(request) },
  { ...tokens, id: 'clientTokens.revoke', path: '/v1/client_tokens/revoke', auth: 'caller', handle: async (request) => (await import('./handlers/user-tokens.ts')).revokeClientTokens(request) },
  { ...tokens, id: 'visitors.create', path: '/v1/visitors', trace: 'visitors', auth: 'none', handle: async (request) => (await import('./handlers/user-tokens.ts')).createVisitor(request) },

  { ...session, id: 'sessions.list', methods: ['GET'], path: '/v1/sessions', query: sessionListQuery, handle: listSessions },
  { ...session, id: 'sessions.create', methods: ['POST'], path: '/v1/sessions', handle: createSession },
  { ...session, id: 'sessions.retrieve', methods: ['GET'], path: '/v1/sessions/{id}', handle: retrieveSession },
  { ...session, id: 'sessions.rename', methods: ['PATCH', 'POST'], path: '/v1/sessions/{id}', handle: renameSession },
  { ...session, id: 'sessions.delete', methods: ['DELETE'], path: '/v1/sessions/{id}', handle: deleteSession },
  { ...session, id: 'sessions.messages', methods: ['GET'], path: '/v1/sessions/{id}/messages', query: messageListQuery, handle: listMessages },
  { ...session, id: 'sessions.export', methods: ['GET'], path: '/v1/sessions/{id}/export', isStreamed: true, handle: exportSession },

  { id: 'claim', methods: ['POST'], path: '/v1/claim', trace: 'claim', auth: 'none', errors: 'openai', handle: claim },

  { id: 'graphql', methods: ['GET', 'POST'], path: '/graphql', trace: 'graphql', auth: 'call', errors: 'graphql', isStreamed: true, handle: handleGraphql },

  { ...open, id: 'images.retrieve', path: '/images/{image}', trace: 'image', handle: retrieveImage },
  { ...open, id: 'client', path: '/client.js', trace: 'client', handle: retrieveClient },
  { ...open, id: 'client.types', path: '/client.d.ts', trace: 'client', handle: retrieveClientTypes },
  { ...open, id: 'describe', path: '/openapi.json', trace: 'openapi', handle: describe },
  { ...open, id: 'livez', path: '/livez', trace: 'livez', handle: handleLive },
  { ...open, id: 'readyz', path: '/readyz', trace: 'readyz', handle: handleReady },

  { ...self, id: 'retrieveSession', methods: ['GET'], path: '/admin/v1/session', load: endpoint('retrieveSession') },
  { ...self, id: 'createSession', methods: ['POST'], path: '/admin/v1/session', load: endpoint('createSession') },
  { ...self, id: 'deleteSession', methods: ['DELETE'], path: '/admin/v1/session', load: endpoint('deleteSession') },
  { ...login, id: 'startLogin', path: '/admin/v1/login', load: loginEndpoint('startLogin') },
  { ...login, id: 'completeLogin', path: '/admin/v1/login/callback', load: loginEndpoint('completeLogin') },

  { ...read, id: 'listPeople', methods: ['GET'], path: '/admin/v1/people', load: endpoint('listPeople') },
  { ...change, id: 'createPerson', methods: ['POST'], path: '/admin/v1/people', load: endpoint('createPerson') },
  { ...read, id: 'retrievePerson', methods: ['GET'], path: '/admin/v1/people/{id}', load: endpoint('retrievePerson') },
  { ...change, id: 'updatePerson', methods: ['PATCH'], path: '/admin/v1/people/{id}', load: endpoint('updatePerson') },
  { ...change, id: 'deletePerson', methods: ['DELETE'], path: '/admin/v1/people/{id}', load: endpoint('deletePerson') },

  { ...read, id: 'listLinks', methods: ['GET'], path: '/admin/v1/links', load: endpoint('listLinks') },
  { ...change, id: 'createLink', methods: ['POST'], path: '/admin/v1/links', load: endpoint('createLink') },
  { ...change, id: 'deleteLink', methods: ['DELETE'], path: '/admin/v1/links/{id}', load: endpoint('deleteLink') },

  { ...readKeys, id: 'listKeys', methods: ['GET'], path: '/admin/v1/keys', load: endpoint('listKeys') },
  { ...change, id: 'createKey', methods: ['POST'], path: '/admin/v1/keys', load: endpoint('createKey') },
  { ...readKeys, id: 'retrieveKey', methods: ['GET'], path: '/admin/v1/keys/{id}', load: endpoint('retrieveKey') },
  { ...change, id: 'updateKey', methods: ['PATCH'], path: '/admin/v1/keys/{id}', load: endpoint('updateKey') },
  { ...change, id: 'deleteKey', methods: ['DELETE'], path: '/admin/v1/keys/{id}', load: endpoint('deleteKey') },
  { ...rotateKeys, id: 'rotateKey', methods: ['POST'], path: '/admin/v1/keys/{id}/rotate', load: endpoint('rotateKey') },
  { ...readKeys, id: 'retrieveBalance', methods: ['GET'], path: '/admin/v1/keys/{id}/balance', load: endpoint('retrieveBalance') },
  { ...change, id: 'reconcileKey', methods: ['POST'], path: '/admin/v1/keys/{id}/reconcile', load: endpoint('reconcileKey') },
  { ...readKeys, id: 'exportUsage', methods: ['GET'], path: '/admin/v1/usage', isStreamed: true, load: endpoint('exportUsage') },
  { ...read, id: 'exportRecords', methods: ['GET'], path: '/admin/v1/records', isStreamed: true, load: endpoint('exportRecords') },
  { ...change, id: 'correctRecord', methods: ['POST'], path: '/admin/v1/records/{id}/correct', load: endpoint('correctRecord') },
  { ...change, id: 'revokeTokens', methods: ['POST'], path: '/admin/v1/revocations', load: endpoint('revokeTokens') },
  { ...change, id: 'eraseEndUser', methods: ['POST'], path: '/admin/v1/end_users/erase', load: endpoint('eraseEndUser') },
  { ...change, id: 'exportEndUser', methods: ['POST'], path: '/admin/v1/end_users/export', isStreamed: true, load: endpoint('exportEndUser') },
  { ...read, id: 'listPrices', methods: ['GET'], path: '/admin/v1/prices', load: endpoint('listPrices') },
  { ...read, id: 'explainRoute', methods: ['GET'], path: '/admin/v1/route', load: endpoint('explainRoute') },
  { ...read, id: 'listAudit', methods: ['GET'], path: '/admin/v1/audit', load: endpoint('listAudit') },
  { ...read, id: 'describeAdmin', methods: ['GET'], path: '/admin/v1/openapi.json', load: async () => (await import('./handlers/admin.ts')).toDescription(routes) },
]

/**
 * The route of every path below `/v1` without a row, if the operator names a passthrough provider. S21: TRACE is
 * excluded, because its response repeats the request with the provider's key.
 */
export const passthroughRoute: Route = {
  id: 'passthrough',
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  path: '/v1/*',
  trace: 'passthrough',
  auth: 'call',
  errors: 'openai',
  handle: handlePassthrough,
}

/** The route of the start page's files: every path outside `/v1` without a row. */
export const pageRoute = { methods: ['GET', 'HEAD'], path: '/*', trace: 'page' } as const
