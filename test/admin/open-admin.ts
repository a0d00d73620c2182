import { expect } from 'vitest'
import { type ErrorCode, errorTable } from '../../src/core/errors.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { chatCompletion } from '../support/fixtures.ts'
import { type GatewayOptions, toOpenAIEnv } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import type { StartStoredGateway, StoredGateway } from '../support/stored-gateway.ts'
import { json } from '../support/upstream-scripts.ts'

export const adminToken = 'admin-secret-of-the-tests-51c0d7e2b94f86a3'
export const adminBearer = { authorization: `Bearer ${adminToken}` }

/** A response of the admin API with its complete body. */
export interface AdminResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed JSON body; an empty object for any other body. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface OpenAdmin {
  readonly gateway: StoredGateway
  readonly upstream: ScriptedUpstream
  /** Sends a request. `endpoint` is a method and a path below `/admin/v1`, such as `POST /keys`. */
  call(endpoint: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<AdminResponse>
  /** Creates a key and returns the response. */
  create(fields?: object): Promise<JsonObject & { readonly id: string; readonly secret: string }>
}

export interface AdminSurroundings {
  readonly start: StartStoredGateway
  readonly startUpstream: () => Promise<ScriptedUpstream>
}

/** Starts a gateway with TOKEN and ADMIN_TOKEN in front of an OpenAI that answers every chat. */
export async function openAdmin(
  { start, startUpstream }: AdminSurroundings,
  options: GatewayOptions = {},
): Promise<OpenAdmin> {
  const upstream = await startUpstream()
  upstream.respond(json(200, chatCompletion))
  const env = { ...toOpenAIEnv(upstream), ADMIN_TOKEN: adminToken, ...options.env }
  const gateway = await start({ ...options, env })
  const call: OpenAdmin['call'] = (endpoint, body, headers) => callAdmin(gateway.url, endpoint, { body, headers })
  return {
    gateway,
    upstream,
    call,
    async create(fields = {}) {
      const { status, body } = await call('POST /keys', { name: 'x', ...fields })
      expect(status, JSON.stringify(body)).toBe(201)
      return body as JsonObject & { readonly id: string; readonly secret: string }
    },
  }
}

export interface AdminQuery {
  readonly body?: unknown
  /** Overrides the admin secret; an empty value removes the header. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export async function callAdmin(
  origin: string,
  endpoint: string,
  { body, headers = {} }: AdminQuery = {},
): Promise<AdminResponse> {
  const [method = 'GET', path = ''] = endpoint.split(' ')
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const sent = Object.entries({ ...adminBearer, ...type, ...headers }).filter(([, value]) => value !== '')
  const response = await fetch(`${origin}/admin/v1${path}`, {
    method,
    headers: Object.fromEntries(sent),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: parse(text) }
}

/** Checks that an error follows RFC 9457 and names the field `param`. */
export function expectProblem(
  response: AdminResponse,
  code: ErrorCode,
  param?: string,
  detail?: string | RegExp,
): void {
  const { status } = errorTable[code]
  expect(response.status, response.text).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.body).toEqual({
    type: `urn:weir:error:${code}`,
    title: expect.any(String),
    detail: detail === undefined ? expect.any(String) : expect.stringMatching(detail),
    status,
    code,
    ...(param !== undefined && { param }),
  })
}

function parse(text: string): AdminResponse['body'] {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
