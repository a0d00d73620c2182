import { didYouMean } from '../core/did-you-mean.ts'
import { GatewayError } from '../core/errors.ts'
import type { GatewayResponse } from '../core/gateway-response.ts'
import { authenticate } from '../pipeline/access/authenticate.ts'
import { apiOf } from './api-of.ts'
import type { ErrorFormat } from './error-response.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { readCredentials, refuseKeyInUrl, takeKey } from './read-credentials.ts'
import { readTarget, type Target } from './read-target.ts'
import type { CallerRoute, RequestContext, Route, RouteRequest } from './route.ts'
import { pageRoute, passthroughRoute, routes } from './routes.ts'

/** The routes of one path, by method. */
interface PathEntry {
  readonly methods: Map<string, Route>
  /** The methods of `Allow`, in order. */
  readonly allowed: string[]
  readonly first: Route
}

interface PathPattern {
  readonly expression: RegExp
  readonly entry: PathEntry
}

/**
 * Patterns of path parameters. S52: an image id must have Weir's exact form, because it becomes part of a storage path.
 */
const segments: Readonly<Record<string, string>> = {
  model: '.+',
  image: 'img_[0-9a-f]{32}',
  // Another endpoint has the path of a response: `compact`.
  response: '(?!compact$)[^/]+',
}

const exact = new Map<string, PathEntry>()
const patterns: PathPattern[] = []
for (const route of routes) {
  addRoute(route, route.path)
  if (route.isPlainToo !== true) continue
  const plain = route.path.replace(/^\/v1(beta)?(?=\/)/, '')
  addRoute(route, plain)
  // Google's clients can be set to either version.
  if (route.path.startsWith('/v1beta/')) addRoute(route, `/v1${plain}`)
}

/** Fast path: most requests name a path exactly as the table does. One lookup then finds target and routes. */
const known = new Map(
  [...exact].map(([path, entry]) => [path, { target: readTarget(path, undefined), entry, id: '' }] as const),
)

/** Finds the route of a request and runs it. Throws or rejects with GatewayError. */
export function route(context: RequestContext): GatewayResponse | Promise<GatewayResponse> {
  const { incoming, trace, ports, isDraining, findPage } = context
  const found = known.get(incoming.target) ?? find(readTarget(incoming.target, incoming.header('host')))
  const { target, entry, id } = found
  const request: RouteRequest = { incoming, trace, ports, isDraining, findPage, target, id }
  if (isBelow(target.path, '/admin/v1')) return handleAdminPath(request, entry)
  const match = entry?.methods.get(incoming.method)
  return match === undefined ? fallBack(request, entry) : run(match, request)
}

/**
 * Returns the error format of a request, whose target may be malformed. Anthropic's and Google's clients get theirs at
 * every path of the API that is not a call in another format.
 */
export function errorsAt(incoming: IncomingRequest): ErrorFormat {
  const { target } = incoming
  const [rawPath = ''] = target.split('?', 1)
  const { path, entry } = tryFind(target) ?? { path: rawPath, entry: exact.get(rawPath) }
  const format = entry?.first.errors ?? (isBelow(path, '/admin') ? 'admin' : 'openai')
  const isOpen = format === 'openai' && entry?.first.auth !== 'call'
  return isOpen ? apiOf(incoming) : format
}

/** Returns undefined for a malformed target. */
function tryFind(target: string) {
  try {
    const found = find(readTarget(target, undefined))
    return { path: found.target.path, entry: found.entry }
  } catch {
    return undefined
  }
}

function run(route: Route, received: RouteRequest): GatewayResponse | Promise<GatewayResponse> {
  received.trace.add({ route: route.trace })
  const request = route.errors === 'gemini' ? withoutUrlKey(received) : received
  if (route.auth !== 'none') refuseKeyInUrl(request.target.query)
  if (route.auth === 'admin' || route.auth === 'login') throw new Error(`${route.path} is not below /admin/v1`)
  if (route.auth !== 'caller') return route.handle(request)
  return runForCaller(route, request)
}

function withoutUrlKey(request: RouteRequest): RouteRequest {
  const { key, query } = takeKey(request.target.query)
  return key === undefined ? request : { ...request, target: { ...request.target, query }, urlKey: key }
}

async function runForCaller(route: CallerRoute, request: RouteRequest): Promise<GatewayResponse> {
  const { incoming, ports, urlKey } = request
  const caller = await authenticate(readCredentials(incoming, ports.settings, urlKey), ports)
  return await route.handle({ ...request, caller })
}

async function handleAdminPath(request: RouteRequest, entry: PathEntry | undefined): Promise<GatewayResponse> {
  request.trace.add({ route: 'admin' })
  refuseKeyInUrl(request.target.query)
  const { handleAdmin } = await import('./handlers/admin.ts')
  const match = entry?.methods.get(request.incoming.method)
  const loginRoute = match?.auth === 'login' ? match : undefined
  const findRoute = () => {
    if (match?.auth === 'admin' || match?.auth === 'login') return match
    throw entry === undefined ? noAdminPath(request) : methodNotAllowed(entry.allowed)
  }
  return await handleAdmin(request, findRoute, loginRoute)
}

/**
 * Handles a path without a row: relays an endpoint below `/v1` to the passthrough provider, or serves a file of the
 * page.
 */
function fallBack(request: RouteRequest, entry: PathEntry | undefined): GatewayResponse | Promise<GatewayResponse> {
  const { incoming, target, ports } = request
  if (/\bwebsocket\b/i.test(incoming.header('upgrade') ?? '') && (target.isVersioned || entry !== undefined))
    throw upgradeRefused()
  if (!target.isVersioned) return handlePage(request, entry)
  // Relays only if the operator names a provider, because its files and batches are visible to all callers.
  const mayRelay =
    target.apiPath !== '/' && (entry === undefined ? !isKnownBelowV1(target) : entry.first.isRelayed === true)
  if (!mayRelay || target.deployment !== undefined || ports.registry.passthrough === undefined)
    throw refuse(request, entry)
  request.trace.add({ route: passthroughRoute.trace })
  if (!passthroughRoute.methods.some((method) => method === incoming.method))
    throw methodNotAllowed(passthroughRoute.methods)
  return run(passthroughRoute, request)
}

/** True below `/v1beta` for an endpoint of `/v1`: relayed, it would skip the checks of its own route (S31). */
function isKnownBelowV1(target: Target): boolean {
  return target.isBeta === true && find({ ...target, isBeta: false }).entry !== undefined
}

async function handlePage(request: RouteRequest, entry: PathEntry | undefined): Promise<GatewayResponse> {
  const isRead = pageRoute.methods.some((method) => method === request.incoming.method)
  const page = isRead ? await request.findPage(request.target.path) : undefined
  if (page === undefined) throw refuse(request, entry)
  request.trace.add({ route: pageRoute.trace })
  return page
}

function refuse({ incoming, target, trace }: RouteRequest, entry: PathEntry | undefined): GatewayError {
  if (entry !== undefined) {
    trace.add({ route: entry.first.trace })
    return methodNotAllowed(entry.allowed)
  }
  const path = target.path.slice(0, 100)
  if (!target.isVersioned)
    return new GatewayError(
      'not_found',
      `${incoming.method} ${path} does not exist. The API is below /v1, such as /v1/chat/completions.`,
    )
  const hint = suggestPath(target.apiPath, '/v1')
  return new GatewayError(
    'not_found',
    `${incoming.method} ${path} does not exist.${hint === undefined ? '' : ` ${hint}`} Endpoints unknown to Weir are relayed only if the operator names a provider for them (PASSTHROUGH=openai).`,
  )
}

function noAdminPath({ incoming, target }: RouteRequest): GatewayError {
  const hint = suggestPath(target.path.slice('/admin/v1'.length), '/admin/v1')
  return new GatewayError(
    'not_found',
    `${incoming.method} ${target.path.slice(0, 100)} does not exist. ${hint ?? 'GET /admin/v1/openapi.json describes the API.'}`,
  )
}

function suggestPath(path: string, prefix: string): string | undefined {
  const below = routes.filter((route) => isBelow(route.path, prefix)).map((route) => route.path.slice(prefix.length))
  return didYouMean(path, new Set(below), { limit: 1, show: (near) => `${prefix}${near}` })
}

function methodNotAllowed(methods: readonly string[]): GatewayError {
  const allowed = methods.join(', ')
  return new GatewayError('method_not_allowed', `This endpoint accepts ${allowed}.`, {
    headers: { allow: `${allowed}, OPTIONS` },
  })
}

/** Codex falls back to HTTP at once after 426; after any other status it tries the upgrade seven times. */
function upgradeRefused(): GatewayError {
  return new GatewayError('websocket_not_supported', 'This server does not serve WebSocket. Send an HTTP request.', {
    headers: { upgrade: 'websocket', connection: 'upgrade' },
  })
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}

interface Found {
  readonly target: Target
  readonly entry: PathEntry | undefined
  readonly id: string
}

function find(target: Target): Found {
  const path = target.isVersioned ? `${target.isBeta === true ? '/v1beta' : '/v1'}${target.apiPath}` : target.path
  const entry = exact.get(path)
  // Only a call has a model, which Azure's clients send in the path.
  if (target.deployment !== undefined)
    return { target, entry: entry?.methods.get('POST')?.auth === 'call' ? entry : undefined, id: '' }
  if (entry !== undefined) return { target, entry, id: '' }
  for (const { expression, entry } of patterns) {
    const [match, id] = expression.exec(path) ?? []
    if (match !== undefined) return { target, entry, id: id ?? '' }
  }
  return { target, entry: undefined, id: '' }
}

/** Adds a route. Of two routes with the same path and method, the first in the table wins. */
function addRoute(route: Route, path: string): void {
  const entry = entryOf(path, route)
  for (const method of route.methods) {
    if (entry.methods.has(method)) continue
    entry.methods.set(method, route)
    entry.allowed.push(method)
  }
  if (entry.methods.get('GET') === route && route.isStreamed !== true) entry.methods.set('HEAD', route)
}

function entryOf(path: string, first: Route): PathEntry {
  if (!path.includes('{')) {
    const entry = exact.get(path) ?? { methods: new Map(), allowed: [], first }
    exact.set(path, entry)
    return entry
  }
  const source = path
    .replace(/\{(\w+)\}/g, (_, name: string) => `(${segments[name] ?? '[^/]+'})`)
    // Some clients encode the colon before a method of Gemini's.
    .replaceAll(':', '(?::|%3[Aa])')
  const expression = new RegExp(`^${source}$`)
  const known = patterns.find((pattern) => pattern.expression.source === expression.source)
  if (known !== undefined) return known.entry
  const entry = { methods: new Map(), allowed: [], first }
  patterns.push({ expression, entry })
  return entry
}
