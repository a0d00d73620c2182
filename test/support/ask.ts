import { expect } from 'vitest'
import { type ErrorCode, errorTable } from '../../src/core/errors.ts'
import { bearer, type Gateway } from './gateway.ts'
import { openRawClient, type RawResponse } from './raw-client.ts'
import { toRequestBytes } from './to-request-bytes.ts'

export interface Question {
  readonly method?: string
  readonly target: string
  /** Extra headers, in addition to the gateway's token; an empty object omits the token. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** False sends no token. */
  readonly token?: boolean
}

/** Sends one request on a new connection and reads the whole response. */
export async function ask(gateway: Gateway, { token = true, headers, ...request }: Question): Promise<RawResponse> {
  const client = await openRawClient(gateway.url)
  try {
    await client.send(toRequestBytes({ ...request, headers: { ...(token && bearer), ...headers } }))
    return await client.readResponse(request.method === undefined ? {} : { method: request.method })
  } finally {
    client.destroy()
  }
}

export interface ExpectedError {
  readonly code: ErrorCode
  /** Defaults to `null`. */
  readonly param?: string
  readonly message?: string | RegExp
}

/** Checks that an error has OpenAI's shape, a request id and `no-store`; every route's errors must. */
export function expectError(response: RawResponse, { code, param, message }: ExpectedError): void {
  const { status, type } = errorTable[code]
  expect(response.isComplete).toBe(true)
  expect(response.status, response.text).toBe(status)
  expect(response.header('content-type')).toBe('application/json; charset=utf-8')
  const body: unknown = JSON.parse(response.text)
  expect(body).toEqual({ error: { message: expect.any(String), type, param: param ?? null, code } })
  if (message !== undefined) expect(messageOf(response)).toMatch(message)
  expectCommonHeaders(response)
}

/**
 * S51, S57, P04: the headers of every response, errors included. CORS headers depend on the Origin: see
 * test/api/cors.test.ts.
 */
export function expectCommonHeaders(response: RawResponse): void {
  expect(response.header('access-control-allow-credentials')).toBeUndefined()
  expect(response.header('vary')).toBe('Origin')
  expect(response.header('x-request-id')).toMatch(/^[\w.:-]{1,128}$/)
  expect(response.header('cache-control')).toContain('no-store')
  expect(response.header('x-content-type-options')).toBe('nosniff')
  expect(response.header('content-security-policy')).toBe("sandbox; default-src 'none'")
}

export function messageOf(response: RawResponse): string {
  return (JSON.parse(response.text) as { error: { message: string } }).error.message
}
