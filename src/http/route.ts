import type { Admin } from '../admin/admin.ts'
import type { AdminPorts } from '../admin/administration.ts'
import type { GatewayResponse } from '../core/gateway-response.ts'
import type { Caller } from '../pipeline/call/call.ts'
import type { CallTrace } from '../pipeline/call/call-trace.ts'
import type { ErrorReader } from './error-response.ts'
import type { IncomingRequest } from './incoming-request.ts'
import type { Parameters } from './query.ts'
import type { Target } from './read-target.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One request on its way to its route. */
export interface RequestContext {
  readonly inbound: IncomingRequest
  readonly trace: CallTrace
  readonly ports: AdminPorts
  readonly isDraining: boolean
  /** Answers a path that the API does not have: the page's files, for instance. */
  readonly findPage: (path: string) => Promise<GatewayResponse | undefined>
}

/** A request that has found its route. */
export interface RouteRequest extends RequestContext {
  readonly target: Target
  /** The part of the path for the `{…}` of the route, as it came; empty if the route has none. */
  readonly id: string
}

/** A request whose caller is known. */
export interface CallerRequest extends RouteRequest {
  readonly caller: Caller
}

/** A request of an administrator. */
export interface AdminRequest {
  readonly request: RouteRequest
  readonly admin: Admin
}

/** Answers one route of the admin API. */
export interface AdminEndpoint {
  /** The parameters that it takes; any other is refused. */
  readonly query: Parameters
  answer(request: AdminRequest): GatewayResponse | Promise<GatewayResponse>
}

/** One row of the table of routes. */
export type Route = RouteBase & (OpenRoute | CallerRoute | AdminRoute)

interface RouteBase {
  /** Its name in OpenAPI. */
  readonly id: string
  /** In the order of `Allow`. A route that answers GET answers HEAD too, also if it is not named here, unless it streams. */
  readonly methods: readonly [Method, ...Method[]]
  /** `{name}` is one segment; `{model}` may hold slashes, and `{image}` is an id that Weir makes. */
  readonly path: string
  /** Its name in the log. */
  readonly trace: string
  /** The format of its errors. */
  readonly errors: ErrorReader
  readonly query?: Parameters
  /** Also without the `/v1` before it, which some clients forget. */
  readonly isPlainToo?: boolean
  /** Its response is made while it is read, so there is no HEAD. */
  readonly isStreamed?: boolean
  /** Other methods of its path belong to the provider that gets unknown endpoints. */
  readonly isRelayed?: boolean
}

/** `none`: anyone. `call`: the pipeline authenticates the call. Both refuse a key in the URL, except for `none`. */
interface OpenRoute {
  readonly auth: 'none' | 'call'
  handle(request: RouteRequest): GatewayResponse | Promise<GatewayResponse>
}

/** The router authenticates. */
export interface CallerRoute {
  readonly auth: 'caller'
  handle(request: CallerRequest): GatewayResponse | Promise<GatewayResponse>
}

/** S76: one guard stands before all of `/admin/v1`. The endpoint is loaded with the first request. */
export interface AdminRoute {
  readonly auth: 'admin'
  load(): Promise<AdminEndpoint>
}
