import { expect, test } from 'vitest'
import { askForm } from '../api/ask-form.ts'
import { openKeys, withKey } from '../api/open-keys.ts'
import { type FormPart, toForm } from '../api/to-form.ts'
import { answerWithin } from '../support/answer-within.ts'
import { ask, expectError, messageOf } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { completion, embeddings, image, response, transcription } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { after, answer, json, sse } from '../support/upstream-scripts.ts'
import { readRecords } from './read-records.ts'
import { sendChat } from './send-chat.ts'

const longest = 128_000
/** As the providers price them: text that reasons, pictures and sound by the piece or by tokens. */
const config = {
  prices: {
    'openai/reasons': { input: 1.25, output: 10, max_output_tokens: longest },
    'openai/draws': { input: 5, image_input: 8, output: 30, image_output: 30 },
    'openai/draws-by-the-piece': { per_image: 0.04 },
    'openai/speaks': { input: 0.6, output: 12, per_character: 0.000015 },
    'openai/speaks-in-tokens': { input: 0.6, audio_output: 12 },
    'openai/speaks-by-the-character': { per_character: 0.000015 },
    'openai/listens': { input: 2.5, audio_input: 2.5, output: 10, per_second: 0.0001, max_output_tokens: 2_000 },
    'openai/listens-by-the-second': { per_second: 0.0001 },
    'openai/draws-at-most': { input: 0.5, output: 3, image_output: 60, max_output_tokens: 32_768 },
    'openai/speaks-at-most': { input: 0.5, audio_output: 10, max_output_tokens: 16_384 },
    'openai/listens-in-tokens': { input: 2, audio_input: 4, output: 12, max_output_tokens: 32_768 },
    'openai/embeds': { input: 0.13 },
  },
}

const path = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  pictures: '/v1/images/generations',
  edits: '/v1/images/edits',
  speech: '/v1/audio/speech',
  transcriptions: '/v1/audio/transcriptions',
  embeddings: '/v1/embeddings',
} as const

interface Row {
  readonly what: string
  readonly target: string
  /** A JSON body, or the parts of a form. */
  readonly body: object | readonly FormPart[]
  /** The dearest answer that the provider may give by its own rules. */
  readonly upstream: Script
  readonly usd: number
  /** True where the calls are lowered. */
  readonly isLowered?: boolean
}

/** Estimated at no less than the input that the answers tell. */
const prompt = 'Hello there. '.repeat(20)
const hi = { model: 'reasons', messages: [{ role: 'user', content: prompt }] }
const sound: FormPart = ['file', Buffer.alloc(20_000, 1), 'a.mp3']
const photo: FormPart = ['image', Buffer.alloc(2_000, 1), 'a.png']

/** A whole response, or its last event, that reasons for as long as `max_output_tokens` lets it. */
function respondWithin(wanted: number): Script {
  return {
    play(wire, exchange) {
      const { max_output_tokens: limit = wanted, stream } = exchange.bodyJson as Record<string, number | undefined>
      const usage = { ...response.usage, output_tokens: Math.min(wanted, limit), input_tokens: 10 }
      const status = limit < wanted ? 'incomplete' : 'completed'
      const whole = { ...response, status, usage }
      const script = stream
        ? sse([{ type: `response.${status}`, response: whole }], { doneAtEnd: false })
        : json(200, whole)
      return script.play(wire, exchange)
    },
  }
}

function completeWithin(wanted: number): Script {
  return {
    play(wire, exchange) {
      const { max_tokens: limit = wanted, n = 1 } = exchange.bodyJson as Record<string, number>
      const tokens = Math.min(wanted, limit) * n
      return json(200, { ...completion, usage: { prompt_tokens: 2, completion_tokens: tokens } }).play(wire, exchange)
    },
  }
}

function draw(count: number, tokens: number): Script {
  const usage = { input_tokens: 10, output_tokens: count * tokens, total_tokens: 10 + count * tokens }
  return json(200, {
    created: 1,
    data: Array.from({ length: count }, () => image.data[0]),
    ...(tokens > 0 && { usage }),
  })
}

const rows: readonly Row[] = [
  {
    what: 'a chat that reasons',
    target: path.chat,
    body: hi,
    upstream: answerWithin(longest),
    usd: 0.1,
    isLowered: true,
  },
  {
    what: 'a chat of four choices',
    target: path.chat,
    body: { ...hi, n: 4 },
    upstream: answerWithin(longest),
    usd: 0.2,
    isLowered: true,
  },
  {
    what: 'a streamed chat',
    target: path.chat,
    body: { ...hi, stream: true },
    upstream: answerWithin(longest),
    usd: 0.1,
    isLowered: true,
  },
  {
    what: 'a chat whose answer has a schema',
    target: path.chat,
    body: { ...hi, max_completion_tokens: 3_000, response_format: { type: 'json_object' } },
    upstream: answerWithin(longest),
    usd: 0.1,
  },
  {
    what: 'a prompt with its best of three',
    target: path.completions,
    body: { model: 'reasons', prompt, n: 3, best_of: 3 },
    upstream: completeWithin(longest),
    usd: 0.2,
    isLowered: true,
  },
  {
    what: 'a response that reasons',
    target: path.responses,
    body: { model: 'reasons', input: prompt, reasoning: { effort: 'high' } },
    upstream: respondWithin(longest),
    usd: 0.1,
    isLowered: true,
  },
  {
    what: 'a streamed response',
    target: path.responses,
    body: { model: 'reasons', input: prompt, stream: true },
    upstream: respondWithin(longest),
    usd: 0.1,
    isLowered: true,
  },
  {
    what: 'three pictures by the piece',
    target: path.pictures,
    body: { model: 'draws-by-the-piece', prompt, n: 3, size: '1024x1024' },
    upstream: draw(3, 0),
    usd: 0.5,
  },
  {
    what: 'two pictures by tokens, of high quality',
    target: path.pictures,
    body: { model: 'draws', prompt, n: 2, size: '1024x1024', quality: 'high' },
    upstream: draw(2, 7_033),
    usd: 1.1,
  },
  {
    what: 'a picture by tokens, of no size or quality',
    target: path.pictures,
    body: { model: 'draws', prompt },
    upstream: draw(1, 7_033),
    usd: 0.6,
  },
  {
    what: 'pictures that a form asks for behind its file',
    target: path.edits,
    body: [['model', 'draws-by-the-piece'], ['prompt', prompt], photo, ['n', '2']],
    upstream: draw(2, 0),
    usd: 0.5,
  },
  {
    what: 'speech by the character',
    target: path.speech,
    body: { model: 'speaks-by-the-character', voice: 'alloy', input: 'Hello there. '.repeat(100) },
    upstream: answer(['sound'], { headers: { 'content-type': 'audio/mpeg' } }),
    usd: 0.1,
  },
  {
    what: 'speech by tokens, spoken slowly',
    target: path.speech,
    body: { model: 'speaks', voice: 'alloy', input: 'Hello there. '.repeat(100), stream_format: 'sse' },
    upstream: sse([
      { type: 'speech.audio.done', usage: { input_tokens: 300, output_tokens: 4_000, total_tokens: 4_300 } },
    ]),
    usd: 0.2,
  },
  {
    what: 'speech of which the tokens of its sound alone have a price',
    target: path.speech,
    body: { model: 'speaks-in-tokens', voice: 'alloy', input: 'Hello there. '.repeat(100), stream_format: 'sse' },
    upstream: sse([
      { type: 'speech.audio.done', usage: { input_tokens: 300, output_tokens: 4_000, total_tokens: 4_300 } },
    ]),
    usd: 0.2,
  },
  {
    what: 'a picture by tokens, of a model whose longest answer is known',
    target: path.pictures,
    body: { model: 'draws-at-most', prompt },
    upstream: draw(1, 32_768),
    usd: 4.5,
  },
  {
    what: 'pictures that a form asks for, of a model whose longest answer is known',
    target: path.edits,
    body: [['model', 'draws-at-most'], ['prompt', prompt], ['n', '2'], photo],
    upstream: draw(2, 32_768),
    usd: 9,
  },
  {
    what: 'a large picture that a response draws',
    target: path.responses,
    body: {
      model: 'reasons',
      input: prompt,
      max_output_tokens: 100,
      max_tool_calls: 1,
      tools: [{ type: 'image_generation', model: 'draws', size: '3072x2048', quality: 'high' }],
    },
    upstream: json(200, {
      ...response,
      usage: { input_tokens: 10, output_tokens: 100, total_tokens: 110 },
      tool_usage: { image_gen: { input_tokens: 10, output_tokens: 4 * 7_033, total_tokens: 10 + 4 * 7_033 } },
    }),
    usd: 2,
  },
  {
    what: 'speech at a quarter of its speed',
    target: path.speech,
    body: { model: 'speaks', voice: 'alloy', input: 'Hello there. '.repeat(100), speed: 0.25, stream_format: 'sse' },
    upstream: sse([
      { type: 'speech.audio.done', usage: { input_tokens: 300, output_tokens: 16_000, total_tokens: 16_300 } },
    ]),
    usd: 0.6,
  },
  {
    what: 'speech of a model whose longest answer is known, as slow as it may be',
    target: path.speech,
    body: { model: 'speaks-at-most', voice: 'alloy', input: 'Hello there.', stream_format: 'sse' },
    upstream: sse([
      { type: 'speech.audio.done', usage: { input_tokens: 3, output_tokens: 16_384, total_tokens: 16_387 } },
    ]),
    usd: 0.4,
  },
  {
    what: 'a transcription whose sound is paid by its tokens alone',
    target: path.transcriptions,
    body: [['model', 'listens-in-tokens'], ['prompt', prompt], sound],
    upstream: json(200, {
      ...transcription,
      usage: { type: 'tokens', input_tokens: 570, output_tokens: 32_768, total_tokens: 33_338 },
    }),
    usd: 0.9,
  },
  {
    what: 'the same in words, which tell no tokens',
    target: path.transcriptions,
    body: [['model', 'listens-in-tokens'], ['response_format', 'text'], sound],
    upstream: answer(['Hello there.\n'], { headers: { 'content-type': 'text/plain; charset=utf-8' } }),
    usd: 0.42,
  },
  {
    what: 'the same as JSON that tells its length',
    target: path.transcriptions,
    body: [['model', 'listens-in-tokens'], sound],
    upstream: json(200, { text: 'Hello there.', duration: 10 }),
    usd: 0.42,
  },
  {
    what: 'a transcription by the second',
    target: path.transcriptions,
    body: [['model', 'listens-by-the-second'], sound],
    upstream: json(200, { text: 'Hi', usage: { type: 'duration', seconds: 10 } }),
    usd: 0.005,
  },
  {
    what: 'a transcription by tokens',
    target: path.transcriptions,
    body: [['model', 'listens'], sound],
    upstream: json(200, {
      ...transcription,
      usage: { ...transcription.usage, input_tokens: 100, output_tokens: 2_000 },
    }),
    usd: 0.1,
  },
  {
    what: 'embeddings',
    target: path.embeddings,
    body: { model: 'embeds', input: 'Hello there. '.repeat(1_000) },
    upstream: json(200, { ...embeddings, usage: { prompt_tokens: 3_001, total_tokens: 3_001 } }),
    usd: 0.002,
  },
]

describeOnBothStored('a small budget at every kind of call', (start, { runtime, startUpstream }) => {
  const open = (options: object = {}) => openKeys({ start, startUpstream }, { config, ...options })
  const budget = (usd: number) => ({ limits: { budgets: [{ usd, per: 'total' }] } })

  test.each(rows)('case C4 R38: is never exceeded, and says why it refuses: $what', async (row) => {
    const { target, body, usd } = row
    const { upstream, gateway, create } = await open()
    upstream.respond(row.upstream)
    const key = await create(budget(usd))
    const send = () =>
      Array.isArray(body)
        ? askForm(gateway, toForm(body as readonly FormPart[]), { target, secret: key.secret ?? undefined })
        : ask(gateway, { target, body, ...withKey(key.secret) })
    let last = await send()
    expect(last.status, last.text).toBe(200)
    for (let count = 0; last.status === 200 && count < 60; count++) {
      const { bodyText } = await upstream.nextRequest()
      const lowered = last.header('x-weir-max-tokens')
      expect(lowered !== undefined).toBe(row.isLowered ?? false)
      if (lowered !== undefined) expect(bodyText).toMatch(new RegExp(`"max_\\w*tokens":${lowered}\\b`))
      await gateway.flushLedger()
      last = await send()
    }
    expectError(last, { code: 'insufficient_quota', message: /^Limit reached: the key \w+ has .* USD in total/ })
    expect(last.header('x-should-retry')).toBe('false')
    const records = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
    for (const { cost_nano: cost, reserved_nano: reserved } of records) expect(cost).toBeLessThanOrEqual(reserved)
    const spentNano = records.reduce((sum, { cost_nano: nano }) => sum + nano, 0)
    expect(spentNano).toBeGreaterThan(0)
    expect(spentNano).toBeLessThanOrEqual(usd * 1e9)
  })

  test('case C4: the default of a key for its chats bounds no sound and no transcript', async () => {
    const { upstream, gateway, create } = await open()
    upstream.respond(json(200, transcription))
    const key = await create({ ...budget(1), default_max_tokens: 10 })
    const parts: readonly FormPart[] = [['model', 'listens'], sound]
    const { status } = await askForm(gateway, toForm(parts), {
      target: path.transcriptions,
      secret: key.secret ?? undefined,
    })
    expect(status).toBe(200)
    const [record] = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
    expect(record?.reserved_nano).toBeGreaterThanOrEqual(2_000 * 10_000)
  })

  test.each([
    { name: 'Anthropic’s', fields: { thinking: { type: 'enabled', budget_tokens: 5_000 } } },
    { name: 'OpenRouter’s', fields: { reasoning: { max_tokens: 5_000 } } },
    { name: 'Gemini’s', fields: { extra_body: { google: { thinking_config: { thinking_budget: 5_000 } } } } },
    { name: 'Qwen’s', fields: { enable_thinking: true, thinking_budget: 5_000 } },
  ])(
    'case C4: a limit is not lowered into $name budget for thinking, which is refused by name instead',
    async ({ fields }) => {
      const own = await startUpstream()
      own.respond(answerWithin(longest))
      const providers = { own: { base_url: own.url, models: ['reasons'], output_limit: 'max_tokens' } }
      const prices = { 'own/reasons': config.prices['openai/reasons'] }
      const { gateway, create } = await open({ config: { providers, prices } })
      const key = await create(budget(0.11))
      const send = () =>
        ask(gateway, { target: path.chat, body: { ...hi, model: 'own/reasons', ...fields }, ...withKey(key.secret) })
      const answered = await send()
      const lowered = Number(answered.header('x-weir-max-tokens'))
      expect(answered.status).toBe(200)
      // A quarter of the budget would pay 2,700 tokens.
      expect(lowered).toBeGreaterThanOrEqual(6_024)
      expect((await own.nextRequest()).bodyJson).toMatchObject({ ...fields, max_tokens: lowered })
      await gateway.flushLedger()
      expectError(await send(), {
        code: 'insufficient_quota',
        message: /Of the 5000 tokens that the request reserves for reasoning, only \d+ fit/,
      })
      expect(own.requests).toHaveLength(1)
    },
  )

  test('case C4: near its end a budget pays whole answers or none: a usual answer is not cut', async () => {
    const { upstream, gateway, create } = await open()
    upstream.respond(answerWithin(6_000))
    const key = await create(budget(1))
    const other = await create(budget(0.03))
    const send = (secret: string | null, fields: object = {}) =>
      ask(gateway, { target: path.chat, body: { ...hi, ...fields }, ...withKey(secret) })
    const finishes: string[] = []
    let last = await send(key.secret)
    while (last.status === 200) {
      finishes.push((JSON.parse(last.text) as { choices: { finish_reason: string }[] }).choices[0]?.finish_reason ?? '')
      await gateway.flushLedger()
      last = await send(key.secret)
    }
    // What is left would have paid some more of 1,024 tokens, each cut.
    expect(finishes).toEqual(Array.from({ length: 16 }, () => 'stop'))
    expectError(last, {
      code: 'insufficient_quota',
      message:
        /Replies of this model to this key usually need up to \d{4} tokens\. `max_completion_tokens: \d{4}` would fit\./,
    })
    const fits = Number(/`max_completion_tokens: (\d+)`/.exec(messageOf(last))?.[1])
    const named = await send(key.secret, { max_completion_tokens: fits })
    expect([named.status, named.header('x-weir-max-tokens')]).toEqual([200, undefined])
    // Another key has learnt nothing.
    expect(Number((await send(other.secret)).header('x-weir-max-tokens'))).toBe(1_024)
  })

  test('case C4 R38: of 100 calls at once a budget of ten admits ten', async () => {
    const { upstream, gateway, create } = await open()
    const gate = createGate()
    upstream.respond(after(gate, answerWithin(longest)))
    // Each asks for 2,000 tokens, and cannot do with less than 1,024.
    const key = await create(budget(0.205))
    const body = { ...hi, max_completion_tokens: 2_000, response_format: { type: 'json_object' } }
    const answers = Array.from({ length: 100 }, () => ask(gateway, { target: path.chat, body, ...withKey(key.secret) }))
    for (let count = 0; count < 10; count++) await upstream.nextRequest()
    gate.open()
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(90)
    const own = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
    expect(own.reduce((sum, { cost_nano: nano }) => sum + nano, 0)).toBeLessThanOrEqual(205_000_000)
  })

  test('case C4 R04: a stream that breaks off costs no more than it was lowered to, however its text is counted', async () => {
    const { upstream, gateway, create } = await open()
    const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'reasons' }
    const text = { ...chunk, choices: [{ index: 0, delta: { content: 'x'.repeat(60_000) }, finish_reason: null }] }
    upstream.respond(sse([text], { ending: 'fin' }))
    const key = await create(budget(0.1))
    const broken = await ask(gateway, { target: path.chat, body: { ...hi, stream: true }, ...withKey(key.secret) })
    expect(broken.header('x-weir-max-tokens')).toMatch(/^2\d{3}$/)
    const own = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
    expect(own).toMatchObject([{ outcome: 'interrupted', cost_source: 'estimated' }])
    // Four bytes a token would make it 0.15 USD.
    for (const { cost_nano: cost, reserved_nano: reserved } of own) expect(cost).toBeLessThanOrEqual(reserved)
  })

  // Wrangler's servers stand before workerd here, and never tell it that a caller has left.
  test.skipIf(runtime === 'workerd')(
    'case C4 R03: callers who hang up their streams never spend more than was set aside for them',
    async () => {
      const { upstream, gateway, create } = await open()
      const gate = createGate()
      const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'reasons' }
      const text = { ...chunk, choices: [{ index: 0, delta: { content: 'x'.repeat(60_000) }, finish_reason: null }] }
      upstream.respond(sse([text, gate]))
      const key = await create(budget(0.1))
      let admitted = 0
      for (;;) {
        const client = await sendChat(gateway, {
          fields: { model: 'reasons' },
          headers: withKey(key.secret).headers,
        })
        const started = await client.startAnswer()
        if (started.status !== 200) break
        await started.bodyUntil('xxx')
        client.destroy()
        await client.closed
        admitted += 1
        await expect
          .poll(() => gateway.logs().filter(({ event, status }) => event === 'call' && status !== 429).length)
          .toBe(admitted)
        await gateway.flushLedger()
      }
      gate.open()
      const own = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
      expect(own.length).toBeGreaterThan(2)
      for (const { cost_nano: cost, reserved_nano: reserved } of own) expect(cost).toBeLessThanOrEqual(reserved)
      expect(own.reduce((sum, { cost_nano: nano }) => sum + nano, 0)).toBeLessThanOrEqual(100_000_000)
    },
  )
})
