import * as fc from 'fast-check'
import { expect } from 'vitest'
import { arbitraryForm } from '../conformance/form-parsers/arbitrary-form.ts'
import type { WireForm } from '../conformance/form-parsers/form-parsers.ts'
import { json } from '../support/upstream-scripts.ts'
import { expectRefusal, post } from './ask-in-pieces.ts'
import { cutAt, type Fuzzer, places } from './fuzzer.ts'

export const formFuzzer: Fuzzer<readonly [WireForm, readonly number[]]> = {
  promise: 'Weir relays a form unchanged, or refuses it and never sends it whole',
  inputs: fc.tuple(arbitraryForm, places),
  cases: 400,
  async attempt([{ type, body }, cuts], { gateway, upstream }) {
    upstream.respond(json(200, { text: 'Hello.', usage: { type: 'duration', seconds: 1 } }))
    const before = upstream.requests.length
    const response = await post(gateway, '/v1/audio/transcriptions', toLatin1(type), cutAt(body, cuts))
    const exchanges = upstream.requests.slice(before)
    if (response.status !== 200) {
      expectRefusal(response)
      for (const { bodyBytes } of exchanges) expect(bodyBytes.length).toBeLessThan(body.length)
      return false
    }
    expect(exchanges).toHaveLength(1)
    expect(exchanges[0]?.bodyBytes.equals(body)).toBe(true)
    expect(exchanges[0]?.headers['content-type']).toBe(toLatin1(type))
    return true
  },
}

/** A header in the encoding of the socket. */
function toLatin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}
