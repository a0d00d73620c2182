import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { expect } from 'vitest'
import { gather } from '../../../src/core/byte-stream.ts'
import { type GatewayResponse, isByteStream, toText } from '../../../src/core/gateway-response.ts'
import type { Bench, PendingCall } from './open-idempotency.ts'

/** Returns a provider's response. */
export function json(status: number, body = '{"a":1.0}', headers = {}): GatewayResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body }
}

/** Sends a call, and has the provider respond with this. */
export async function callAndRespond(bench: Bench, response: GatewayResponse): Promise<GatewayResponse> {
  const pending = bench.call()
  await yieldToEventLoop()
  expect(pending.sent, 'the call is sent').toHaveLength(1)
  pending.sent[0]?.respond(response)
  return await pending.response
}

export async function expectRefusal({ response }: PendingCall, code: string): Promise<void> {
  await expect(response).rejects.toMatchObject({ name: 'GatewayError', code })
}

export async function bodyOf({ body }: GatewayResponse): Promise<string> {
  return isByteStream(body) ? toText(await gather(body)) : toText(body)
}
