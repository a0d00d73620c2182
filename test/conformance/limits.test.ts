import type { ClientOptions } from 'openai'
import { describe, expect, test } from 'vitest'
import { openKeys } from '../api/open-keys.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate, type Gate } from '../support/gate.ts'
import { after, json } from '../support/upstream-scripts.ts'
import { sdks } from './describe-sdks.ts'

/** The responses to an SDK's attempts, one entry each. */
interface Attempts {
  readonly statuses: number[]
  /** Opens when the first response has arrived. */
  readonly answered: Gate
}

describeOnBothStored('an SDK that retries automatically', (start, { startUpstream }) => {
  describe.each(sdks)('with $name', (sdk) => {
    async function connect(fields: object) {
      const keys = await openKeys(
        { start, startUpstream },
        { config: { prices: { 'openai/gpt-4.1': { input: 1, output: 10 } } } },
      )
      const { secret } = await keys.create(fields)
      const attempts: Attempts = { statuses: [], answered: createGate() }
      const options: ClientOptions = {
        ...{ apiKey: String(secret), baseURL: `${keys.gateway.url}/v1`, maxRetries: 2 },
        async fetch(url, init) {
          const response = await fetch(url, init)
          attempts.statuses.push(response.status)
          attempts.answered.open()
          return response
        },
      }
      return { ...keys, ...attempts, client: new sdk.OpenAI(options) }
    }

    const respondAt = (gate: Gate) => after(gate, json(200, chatCompletion))
    const failureOf = (call: Promise<unknown>) => call.then(() => undefined).catch((error: unknown) => error)

    test('P03 does not retry after a budget is used up', async () => {
      const { client, statuses, upstream } = await connect({ limits: { budgets: [{ usd: 0.000_001, per: 'month' }] } })
      const failure = await failureOf(client.chat.completions.create(chatRequest))
      expect(failure).toBeInstanceOf(sdk.OpenAI.RateLimitError)
      expect(failure).toMatchObject({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' })
      expect((failure as Error).message).toContain('0.000001 USD a month')
      expect(statuses).toEqual([429])
      expect(upstream.requests).toEqual([])
    })

    test('P03 does not retry a call that can never be admitted', async () => {
      const { client, statuses } = await connect({ limits: { tokens_per_minute: 10 } })
      const failure = await failureOf(client.chat.completions.create({ ...chatRequest, max_tokens: 100 }))
      expect(failure).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
      expect(statuses).toEqual([429])
    })

    test('P03 P07 waits as long as the response says, and succeeds', async () => {
      const { client, statuses, answered, upstream } = await connect({ limits: { concurrent_calls: 1 } })
      const gate = createGate()
      upstream.respondNext(respondAt(gate))
      const first = client.chat.completions.create(chatRequest)
      await upstream.nextRequest()
      const second = client.chat.completions.create(chatRequest)
      await answered.opened
      gate.open()
      const [, { response }] = await Promise.all([first, second.withResponse()])
      expect(statuses.toSorted()).toEqual([200, 200, 429])
      expect(response.status).toBe(200)
    })

    test('P05 reads the state of its limits from every response', async () => {
      const { client } = await connect({ limits: { requests_per_minute: 5, tokens_per_day: 100_000 } })
      const { response } = await client.chat.completions.create({ ...chatRequest, max_tokens: 10 }).withResponse()
      expect(Object.fromEntries(response.headers)).toMatchObject({
        ...{ 'x-ratelimit-limit-requests': '5', 'x-ratelimit-remaining-requests': '4' },
        'x-ratelimit-limit-tokens': '100000',
        'x-ratelimit-reset-requests': expect.stringMatching(/^(\d+m)?\d+m?s$/) as string,
        'x-generation-id': expect.stringMatching(/^gen_/) as string,
        'ratelimit-policy': '"requests/minute";q=5;w=60, "tokens/day";q=100000;w=86400;qu="tokens"',
      })
    })

    test('P03 P08 makes a call once under its Idempotency-Key, and gets an immediate error for a lost call', async () => {
      const { client, statuses, answered, upstream, gateway } = await connect({})
      const headers = { 'Idempotency-Key': 'one' }
      const gate = createGate()
      upstream.respondNext(respondAt(gate))
      const first = client.chat.completions.create(chatRequest, { headers })
      await upstream.nextRequest()
      const second = client.chat.completions.create(chatRequest, { headers }).withResponse()
      await answered.opened
      gate.open()
      expect(await first).toEqual((await second).data)
      expect((await second).response.headers.get('idempotent-replayed')).toBe('true')
      expect(statuses.toSorted()).toEqual([200, 200, 409])
      await gateway.sql('UPDATE idempotent_calls SET status = NULL, lease_until = 1 RETURNING 1')
      statuses.length = 0
      const lost = await failureOf(client.chat.completions.create(chatRequest, { headers }))
      expect(lost).toMatchObject({ status: 409, code: 'idempotency_unknown' })
      const other = { ...chatRequest, n: 2 }
      const mismatch = await failureOf(client.chat.completions.create(other, { headers }))
      expect(mismatch).toMatchObject({ status: 422, code: 'idempotency_mismatch' })
      expect(statuses).toEqual([409, 422])
      expect(upstream.requests).toHaveLength(1)
    })
  })
})
