import type OpenAI from 'openai'
import { expect } from 'vitest'
import type { Script, UpstreamExchange } from '../support/upstream-exchange.ts'
import type { UpstreamConnection } from './describe-sdks.ts'

export interface BothWaysOptions {
  /** Members that Weir adds to the JSON body on its way up. */
  readonly added?: object
}

/**
 * Makes the same call without Weir and through it. What the SDK hands to its user must be the same, and so must what it sent:
 * method, path, query and body, byte for byte but for what Weir is said to add.
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
  // v4 names a content type also where there is no content; Weir does not pass that on.
  const type = bodyBytes.length === 0 ? undefined : headers['content-type']
  return { method, target, type: withoutBoundary(type ?? '', headers) }
}

function toBody({ bodyBytes, headers }: UpstreamExchange): string {
  return withoutBoundary(bodyBytes.toString('latin1'), headers)
}

/** Multipart boundaries are made up anew for each request. */
function withoutBoundary(text: string, headers: Readonly<Record<string, string>>): string {
  const [, boundary] = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '') ?? []
  return boundary === undefined ? text : text.replaceAll(boundary, 'boundary')
}
