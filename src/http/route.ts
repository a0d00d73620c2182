import type { Admin } from '../admin/admin.ts'
import type { Administrator, AdminPorts } from '../admin/administration.ts'
import type { Permission } from '../admin/permissions.ts'
import type { GatewayResponse } from '../core/gateway-response.ts'
import type { Caller } from '../pipeline/call/call.ts'
import type { CallTrace } from '../pipeline/call/call-trace.ts'
import type { ErrorFormat } from './error-response.ts'
import type { IncomingRequest } from './incoming-request.ts'
import type { Parameters } from './query.ts'
import type { Target } from './read-target.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A request before it is routed. */
export interface RequestContext {
  readonly incoming: IncomingRequest
  readonly trace: CallTrace
  readonly ports: AdminPorts
  readonly isDraining: boolean
  /** Finds a file of the start page for a path outside the API. */
  readonly findPage: (path: string) => Promise<GatewayResponse | undefined>
}

/** A routed request. */
export interface RouteRequest extends RequestContext {
  readonly target: Target
  /** The key that the query had, on a route of Gemini's. `target` has it no more. */
  readonly urlKey?: string | undefined
  /** The part of the path that matches the `{…}` of the route, not decoded; empty if the route has none. */
  readonly id: string
}

/** A request with its authenticated caller. */
export interface CallerRequest extends RouteRequest {
  readonly caller: Caller
}

/** A request of an authenticated administrator. */
export interface AdminRequest {
  readonly request: RouteRequest
  readonly admin: Admin
  readonly administrator: Administrator
}

/** The handler of one route of the admin API. */
export interface AdminEndpoint {
  /** The parameters that it accepts; any other is refused. */
  readonly query: Parameters
  handle(request: AdminRequest): GatewayResponse | Promise<GatewayResponse>
}

/** One row of the route table. */
export type Route = RouteBase & (OpenRoute | CallerRoute | AdminRoute | LoginRoute)

interface RouteBase {
  /** The operation id in OpenAPI. */
  readonly id: string
  /** Methods in the order of `Allow`. A route with GET also serves HEAD, unless it streams. */
  readonly methods: readonly [Method, ...Method[]]
  /** `{name}` is one segment; `{model}` may contain slashes, and `{image}` is an image id of Weir. */
  readonly path: string
  /** The route's name in the log. */
  readonly trace: string
  /** The format of the route's errors. */
  readonly errors: ErrorFormat
  readonly query?: Parameters
  /** True if the path is also served without `/v1`, which some clients omit; a path below `/v1beta` also below `/v1`. */
  readonly isPlainToo?: boolean
  /** True if the response is generated while it is read. Such a route has no HEAD. */
  readonly isStreamed?: boolean
  /** True if other methods of the path are relayed to the passthrough provider. */
  readonly isRelayed?: boolean
}

/** `none`: public. `call`: the pipeline authenticates the call, and a key in the URL is refused. */
interface OpenRoute {
  readonly auth: 'none' | 'call'
  handle(request: RouteRequest): GatewayResponse | Promise<GatewayResponse>
}

/** A route for which the router authenticates the caller. */
export interface CallerRoute {
  readonly auth: 'caller'
  handle(request: CallerRequest): GatewayResponse | Promise<GatewayResponse>
}

/**
 * A route of the admin API. S76: one guard protects all of `/admin/v1`, and refuses every role that the permission does
 * not list. The first request loads the endpoint.
 */
export interface AdminRoute {
  readonly auth: 'admin'
  readonly permission: Permission
  load(): Promise<AdminEndpoint>
}

/** A route of the admin API before sign-in, if people sign in at an OpenID provider; otherwise it is guarded, too. */
export interface LoginRoute {
  readonly auth: 'login'
  load(): Promise<LoginEndpoint>
}

export interface LoginEndpoint {
  readonly query: Parameters
  handle(request: RouteRequest): Promise<GatewayResponse>
}
