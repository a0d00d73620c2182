import type OpenAI from 'openai'
import { expect } from 'vitest'
import type { Script, UpstreamExchange } from '../support/upstream-exchange.ts'
import type { UpstreamConnection } from './describe-sdks.ts'

export interface BothWaysOptions {
  /** The members that Weir adds to the JSON body for the upstream. */
  readonly added?: object
}

/**
 * Makes the same call directly and through Weir. The SDK must return the same value and send the same method, path,
 * query and body, byte for byte except for the declared additions.
 */
export async function callBothWays<Value>(
  { client, direct, upstream }: UpstreamConnection,
  script: Script,
  call: (client: OpenAI) => Promise<Value>,
  { added }: BothWaysOptions = {},
): Promise<{ readonly value: Value; readonly request: UpstreamExchange }> {
  upstream.respond(script)
  const expected = await call(direct)
  const bare = await upstream.nextRequest()
  const value = await call(client)
  const request = await upstream.nextRequest()
  expect(value).toEqual(expected)
  expect(toHead(request)).toEqual(toHead(bare))
  if (added === undefined) expect(toBody(request)).toBe(toBody(bare))
  else expect(request.bodyJson).toEqual({ ...Object(bare.bodyJson), ...added })
  return { value, request }
}

function toHead({ method, target, headers, bodyBytes }: UpstreamExchange): object {
  // v4 sends a content type even without a body; Weir does not relay it.
  const type = bodyBytes.length === 0 ? undefined : headers['content-type']
  return { method, target, type: withoutBoundary(type ?? '', headers) }
}

function toBody({ bodyBytes, headers }: UpstreamExchange): string {
  return withoutBoundary(bodyBytes.toString('latin1'), headers)
}

/** Multipart boundaries are random in each request. */
function withoutBoundary(text: string, headers: Readonly<Record<string, string>>): string {
  const [, boundary] = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '') ?? []
  return boundary === undefined ? text : text.replaceAll(boundary, 'boundary')
}
