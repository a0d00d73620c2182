import { expect, test } from 'vitest'
import { message } from '../support/anthropic-fixtures.ts'
import { ask } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest, rateLimitError } from '../support/fixtures.ts'
import { json } from '../support/upstream-scripts.ts'
import { expectProblem, openAdmin } from './open-admin.ts'

interface Explanation {
  readonly route: string | null
  readonly is_random: boolean
  readonly targets: readonly {
    readonly target: string
    readonly position: number | null
    readonly left_out: string | null
    readonly [name: string]: unknown
  }[]
  readonly after_failure: readonly { readonly kind: string; readonly set_by: string; readonly targets: string[] }[]
}

describeOnBothStored('an explained route', (start, { startUpstream }) => {
  async function open(routes: object) {
    const spare = await startUpstream()
    spare.respond(json(200, message))
    const upstream = await startUpstream()
    const opened = await openAdmin(
      { start, startUpstream: async () => upstream },
      {
        config: {
          providers: {
            openai: { api_key: 'sk-main-0123456789', base_url: `${upstream.url}/v1` },
            eu: { kind: 'openai', api_key: 'sk-eu-0123456789', base_url: `${upstream.url}/v1` },
            spare: { kind: 'anthropic', api_key: 'sk-ant-spare-0123456789', base_url: spare.url },
          },
          models: { aliases: { nice: 'chat' } },
          prices: { 'openai/gpt-4.1': { input: 2, output: 8 }, 'spare/claude-sonnet-4-5': { input: 3, output: 15 } },
          routes,
        },
      },
    )
    const explain = async (query: Readonly<Record<string, string>>) => {
      const { status, body, text } = await opened.call(`GET /route?${new URLSearchParams(query)}`)
      expect(status, text).toBe(200)
      return body as unknown as Explanation
    }
    const chat = (body: object, headers: Readonly<Record<string, string>> = {}) =>
      ask(opened.gateway, { target: '/v1/chat/completions', body: { ...chatRequest, ...body }, headers })
    return { ...opened, upstream, spare, explain, chat }
  }

  const openai = 'openai/gpt-4.1'
  const claude = 'spare/claude-sonnet-4-5'
  const orderOf = ({ targets }: Explanation) => targets.filter(({ position }) => position !== null).map(toName)
  const leftOutOf = ({ targets }: Explanation) =>
    targets.filter(({ position }) => position === null).map((target) => [target.target, target.left_out])
  const toName = ({ target }: { readonly target: string }) => target

  test('names its targets in the order of attempts, with price, dialect and what follows each failure', async () => {
    const { explain, upstream, spare } = await open({
      chat: {
        targets: [{ model: openai }, { model: claude }],
        on_failure: { context_window: [claude], timeout: ['next'], rate_limit: [] },
        max_attempts: 3,
        retries: 2,
        max_wait_ms: 4_000,
      },
    })
    const explanation = await explain({ model: 'nice' })
    const well = { state: 'closed', open_until: null, failures: 0 }
    const common = {
      ...{ left_out: null, route: 'chat', weight: 1, percent: null, conditions: [], key_allows: true, replaces: null },
      ...{ account_breaker: well, model_breaker: well, first_token_ms: null, calls_in_progress: 0 },
      ...{ answer_ms: null, tokens_per_second: null },
    }
    expect(explanation).toMatchObject({
      object: 'route_explanation',
      ...{ model: 'nice', route: 'chat', strategy: 'ordered', operation: 'chat.completions', max_attempts: 3 },
      ...{ retries: 2, max_wait_ms: 4_000 },
      ...{ is_random: false, usual_tokens: { input: 1_000, cached_input: 0, output: 300 } },
      targets: [
        { ...common, target: openai, position: 1, usual_cost_usd: 0.0044, api: 'native' },
        { ...common, target: claude, position: 2, usual_cost_usd: 0.0075, api: 'translated' },
      ],
    })
    const after = Object.fromEntries(explanation.after_failure.map(({ kind, ...rest }) => [kind, rest]))
    expect(after).toMatchObject({
      context_window: { set_by: 'on_failure', targets: [claude] },
      timeout: { set_by: 'on_failure', targets: [claude] },
      rate_limit: { set_by: 'on_failure', targets: [] },
      overload: { set_by: 'default', targets: [claude] },
      bad_request: { set_by: 'default', targets: [] },
    })
    expect(await explain({ model: '@preset/chat', operation: 'messages' })).toMatchObject({
      targets: [{ api: 'translated' }, { api: 'native' }],
    })
    expect([upstream.requests, spare.requests]).toEqual([[], []])
  })

  test('says which targets a maximum price leaves out', async () => {
    const { explain } = await open({
      chat: { targets: [{ model: claude }, { model: openai }], max_price: { prompt: 2 } },
    })
    const explanation = await explain({ model: 'chat' })
    expect([orderOf(explanation), leftOutOf(explanation)]).toEqual([[openai], [[claude, 'condition']]])
    expect(explanation.targets[1]).toMatchObject({ conditions: [{ condition: 'max_price', holds: false }] })
  })

  test('judges by whole answers, or for a stream by first tokens', async () => {
    const { explain, chat, upstream, spare } = await open({
      chat: { strategy: 'fastest', targets: [{ model: openai }, { model: claude }] },
    })
    upstream.respond(json(200, chatCompletion))
    expect((await chat({ model: 'chat' })).header('x-weir-provider')).toBe('openai')
    // The first target that no answer has measured.
    expect(orderOf(await explain({ model: 'chat' }))).toEqual([claude, openai])
    expect(orderOf(await explain({ model: 'chat', stream: 'true' }))).toEqual([openai, claude])
    expect(spare.requests).toEqual([])
  })

  test('shows the health that calls have left, and changes none of it', async () => {
    const { explain, chat, upstream } = await open({ chat: { targets: [{ model: openai }, { model: claude }] } })
    upstream.respond(json(429, rateLimitError, { headers: { 'retry-after': '30' } }))
    expect((await chat({ model: 'chat' })).header('x-weir-provider')).toBe('spare')
    for (let times = 0; times < 3; times++) {
      const explanation = await explain({ model: 'chat' })
      expect(orderOf(explanation)).toEqual([claude, openai])
      expect(explanation.targets[0]).toMatchObject({
        ...{ first_token_ms: null, answer_ms: expect.any(Number), tokens_per_second: expect.any(Number) },
        calls_in_progress: 0,
      })
      expect(explanation.targets[1]).toMatchObject({
        account_breaker: { state: 'closed' },
        model_breaker: { state: 'open', failures: 1, open_until: expect.stringMatching(/^20\d\d-/) },
      })
    }
    // A plain model is the same target, with the same health.
    expect(await explain({ model: openai })).toMatchObject({
      route: null,
      targets: [{ model_breaker: { state: 'open' } }],
    })
    const later = { model: 'chat', at: new Date(Date.now() + 60_000).toISOString() }
    for (let times = 0; times < 3; times++)
      expect((await explain(later)).targets[0]).toMatchObject({
        target: openai,
        model_breaker: { state: 'half_open', failures: 1 },
      })
  })

  test('chooses the target that a call of the same session reaches', async () => {
    const { explain, chat, upstream } = await open({
      chat: {
        strategy: 'sticky',
        targets: [{ model: openai }, { model: 'eu/gpt-4.1' }, { model: 'eu/gpt-4o', percent: 50 }],
      },
    })
    upstream.respond(json(200, chatCompletion))
    const firsts = new Set<string>()
    for (const session of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const explanation = await explain({ model: 'chat', session })
      const [first = ''] = orderOf(explanation)
      const answer = await chat({ model: 'chat' }, { 'session-id': session })
      expect(`${answer.header('x-weir-provider')}/${answer.header('x-weir-model')}`).toBe(first)
      expect(explanation.is_random).toBe(false)
      firsts.add(first)
    }
    expect(firsts.size).toBeGreaterThan(1)
    expect((await explain({ model: 'chat' })).is_random).toBe(true)
  })

  test('says why a target is left out: its conditions, the key, the operation, or an earlier entry', async () => {
    const { explain, create } = await open({
      chat: {
        targets: [
          { model: 'long', when: { min_input_tokens: 1_000, tags: ['team:*'] } },
          { model: 'eu/gpt-4o', when: { inputs: ['image'], days: ['mon'] } },
          { model: openai },
          { model: 'eu/gpt-4.1' },
        ],
      },
      long: { targets: [{ model: claude }, { model: openai }] },
    })
    const short = await explain({ model: 'chat', at: '2026-12-01' })
    expect(orderOf(short)).toEqual([openai, 'eu/gpt-4.1'])
    expect(leftOutOf(short)).toEqual([
      [claude, 'condition'],
      [openai, 'condition'],
      ['eu/gpt-4o', 'condition'],
    ])
    expect(short.targets.find(({ target }) => target === claude)).toMatchObject({
      route: 'long',
      conditions: [
        { condition: 'tags', holds: false },
        { condition: 'input_tokens', holds: false },
      ],
    })
    const key = await create({ models: ['openai/*', 'spare/*'] })
    const facts = { tags: 'team:blue', input_tokens: '1000', inputs: 'image,audio', at: '2026-11-30T12:00:00Z' }
    const long = await explain({ model: 'chat', key_id: key.id, ...facts })
    expect(orderOf(long)).toEqual([claude, openai])
    expect(leftOutOf(long)).toEqual([
      ['eu/gpt-4o', 'model_not_allowed'],
      [openai, 'listed_before'],
      ['eu/gpt-4.1', 'model_not_allowed'],
    ])
    expect(long.targets.map(({ key_allows: isAllowed }) => isAllowed)).toEqual([true, true, false, true, false])
    const speech = await explain({ model: 'chat', operation: 'audio.speech', ...facts })
    expect(leftOutOf(speech)[0]).toEqual([claude, 'operation_not_supported'])
  })

  test('of a plain model is its one target, also one that the key does not allow', async () => {
    const { explain, create } = await open({ chat: { targets: [{ model: openai }] } })
    const key = await create({ models: ['spare/*'] })
    const plain = { route: null, strategy: null, max_attempts: 1, retries: 0, max_wait_ms: 0, after_failure: [] }
    expect(await explain({ model: 'gpt-4.1', key_id: key.id })).toMatchObject({
      ...plain,
      targets: [{ target: openai, position: null, left_out: 'model_not_allowed', key_allows: false }],
    })
    expect(await explain({ model: claude, key_id: key.id })).toMatchObject({
      ...plain,
      targets: [{ target: claude, position: 1, left_out: null, key_allows: true, api: 'translated' }],
    })
  })

  test('is refused for an unknown value, with its parameter', async () => {
    const { call } = await open({ chat: { targets: [{ model: openai }] } })
    expectProblem(await call('GET /route'), 'missing_required_parameter', 'model')
    for (const [query, param] of [
      ['operation=chat', 'operation'],
      ['inputs=video', 'inputs'],
      ['at=noon', 'at'],
      ['input_tokens=many', 'input_tokens'],
    ] as const)
      expectProblem(await call(`GET /route?model=chat&${query}`), 'invalid_value', param)
    expectProblem(await call('GET /route?model=chat&key_id=key_0'), 'key_not_found')
  })

  test('has its cost and its failures by target in the usage', async () => {
    const { call, chat, upstream, gateway } = await open({ chat: { targets: [{ model: openai }, { model: claude }] } })
    upstream.respondNext(json(503, { error: { message: 'Overloaded' } }), json(200, chatCompletion))
    expect((await chat({ model: 'chat' })).header('x-weir-provider')).toBe('spare')
    expect((await chat({ model: 'chat', metadata: { route: 'forged' } })).header('x-weir-provider')).toBe('openai')
    upstream.respond(json(200, chatCompletion))
    expect((await chat({ model: openai })).status).toBe(200)
    await gateway.flushLedger()
    const { text } = await call('GET /usage?route=chat&group_by=provider,failure')
    expect(JSON.parse(text)).toMatchObject([
      { provider: 'openai', failure: '', calls: 1, failed_calls: 0 },
      { provider: 'openai', failure: 'overload', calls: 1, failed_calls: 1, cost_usd: '0' },
      { provider: 'spare', failure: '', calls: 1, failed_calls: 0 },
    ])
    expect(JSON.parse((await call('GET /usage?group_by=route')).text)).toMatchObject([{ route: 'chat', calls: 3 }])
  })
})
