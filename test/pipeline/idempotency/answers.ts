import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'vitest'
import { gather } from '../../../src/core/byte-stream.ts'
import { type GatewayResponse, isByteStream, toText } from '../../../src/core/gateway-response.ts'
import type { Asked, Bench } from './open-idempotency.ts'

/** A provider's answer. */
export function json(status: number, body = '{"a":1.0}', headers = {}): GatewayResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body }
}

/** Asks, and has the provider answer so. */
export async function answered(bench: Bench, answer: GatewayResponse): Promise<GatewayResponse> {
  const asked = bench.ask()
  await nextTurn()
  expect(asked.made, 'the call is made').toHaveLength(1)
  asked.made[0]?.give(answer)
  return await asked.answer
}

export async function expectRefusal({ answer }: Asked, code: string): Promise<void> {
  await expect(answer).rejects.toMatchObject({ name: 'GatewayError', code })
}

export async function bodyOf({ body }: GatewayResponse): Promise<string> {
  return isByteStream(body) ? toText(await gather(body)) : toText(body)
}
