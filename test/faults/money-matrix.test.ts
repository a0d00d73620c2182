import { expect, test } from 'vitest'
import { askForm } from '../api/ask-form.ts'
import { openKeys, shareKeys, withKey } from '../api/open-keys.ts'
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
/** Priced as by the providers: reasoning text, and images and audio per piece or per token. */
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
  readonly title: string
  readonly target: string
  /** A JSON body, or the parts of a form. */
  readonly body: object | readonly FormPart[]
  /** The most expensive response that the provider's own rules allow. */
  readonly upstream: Script
  readonly usd: number
  /** True if Weir lowers the limit of these calls. */
  readonly isLowered?: boolean
}

/** Its estimate is not below the input that the responses report. */
const prompt = 'Hello there. '.repeat(20)
const hi = { model: 'reasons', messages: [{ role: 'user', content: prompt }] }
const sound: FormPart = ['file', Buffer.alloc(20_000, 1), 'a.mp3']
const photo: FormPart = ['image', Buffer.alloc(2_000, 1), 'a.png']

/** A whole response, or its last event, that reasons up to `max_output_tokens`. */
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
    title: 'a chat that reasons',
    target: path.chat,
    body: hi,
    upstream: answerWithin(longest),
    usd: 0.1,
    isLowered: true,
  },
  {
    title: 'a chat of four choices',
    target: path.chat,
    body: { ...hi, n: 4 },
    upstream: answerWithin(longest),
    usd: 0.2,
    isLowered: true,
  },
  {
    title: 'a streamed chat',
    target: path.chat,
    body: { ...hi, stream: true },
    upstream: answerWithin(longest),
    usd: 0.1,
    isLowered: true,
  },
  {
    title: 'a chat with a JSON response format',
    target: path.chat,
    body: { ...hi, max_completion_tokens: 3_000, response_format: { type: 'json_object' } },
    upstream: answerWithin(longest),
    usd: 0.1,
  },
  {
    title: 'a completion with `best_of: 3`',
    target: path.completions,
    body: { model: 'reasons', prompt, n: 3, best_of: 3 },
    upstream: completeWithin(longest),
    usd: 0.2,
    isLowered: true,
  },
  {
    title: 'a response that reasons',
    target: path.responses,
    body: { model: 'reasons', input: prompt, reasoning: { effort: 'high' } },
    upstream: respondWithin(longest),
    usd: 0.1,
    isLowered: true,
  },
  {
    title: 'a streamed response',
    target: path.responses,
    body: { model: 'reasons', input: prompt, stream: true },
    upstream: respondWithin(longest),
    usd: 0.1,
    isLowered: true,
  },
  {
    title: 'three images priced per image',
    target: path.pictures,
    body: { model: 'draws-by-the-piece', prompt, n: 3, size: '1024x1024' },
    upstream: draw(3, 0),
    usd: 0.5,
  },
  {
    title: 'two images of high quality, priced by tokens',
    target: path.pictures,
    body: { model: 'draws', prompt, n: 2, size: '1024x1024', quality: 'high' },
    upstream: draw(2, 7_033),
    usd: 1.1,
  },
  {
    title: 'an image without size and quality, priced by tokens',
    target: path.pictures,
    body: { model: 'draws', prompt },
    upstream: draw(1, 7_033),
    usd: 0.6,
  },
  {
    title: 'images from a form with `n` after the file',
    target: path.edits,
    body: [['model', 'draws-by-the-piece'], ['prompt', prompt], photo, ['n', '2']],
    upstream: draw(2, 0),
    usd: 0.5,
  },
  {
    title: 'speech priced per character',
    target: path.speech,
    body: { model: 'speaks-by-the-character', voice: 'alloy', input: 'Hello there. '.repeat(100) },
    upstream: answer(['sound'], { headers: { 'content-type': 'audio/mpeg' } }),
    usd: 0.1,
  },
  {
    title: 'slow speech priced by tokens',
    target: path.speech,
    body: { model: 'speaks', voice: 'alloy', input: 'Hello there. '.repeat(100), stream_format: 'sse' },
    upstream: sse([
      { type: 'speech.audio.done', usage: { input_tokens: 300, output_tokens: 4_000, total_tokens: 4_300 } },
    ]),
    usd: 0.2,
  },
  {
    title: 'speech with a price for audio tokens only',
    target: path.speech,
    body: { model: 'speaks-in-tokens', voice: 'alloy', input: 'Hello there. '.repeat(100), stream_format: 'sse' },
    upstream: sse([
      { type: 'speech.audio.done', usage: { input_tokens: 300, output_tokens: 4_000, total_tokens: 4_300 } },
    ]),
    usd: 0.2,
  },
  {
    title: 'an image priced by tokens, from a model with a known maximum output',
    target: path.pictures,
    body: { model: 'draws-at-most', prompt },
    upstream: draw(1, 32_768),
    usd: 4.5,
  },
  {
    title: 'images from a form, from a model with a known maximum output',
    target: path.edits,
    body: [['model', 'draws-at-most'], ['prompt', prompt], ['n', '2'], photo],
    upstream: draw(2, 32_768),
    usd: 9,
  },
  {
    title: 'a large image within a response',
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
    title: 'speech at a quarter of its speed',
    target: path.speech,
    body: { model: 'speaks', voice: 'alloy', input: 'Hello there. '.repeat(100), speed: 0.25, stream_format: 'sse' },
    upstream: sse([
      { type: 'speech.audio.done', usage: { input_tokens: 300, output_tokens: 16_000, total_tokens: 16_300 } },
    ]),
    usd: 0.6,
  },
  {
    title: 'speech at its slowest, from a model with a known maximum output',
    target: path.speech,
    body: { model: 'speaks-at-most', voice: 'alloy', input: 'Hello there.', stream_format: 'sse' },
    upstream: sse([
      { type: 'speech.audio.done', usage: { input_tokens: 3, output_tokens: 16_384, total_tokens: 16_387 } },
    ]),
    usd: 0.4,
  },
  {
    title: 'a transcription whose audio is priced only by tokens',
    target: path.transcriptions,
    body: [['model', 'listens-in-tokens'], ['prompt', prompt], sound],
    upstream: json(200, {
      ...transcription,
      usage: { type: 'tokens', input_tokens: 570, output_tokens: 32_768, total_tokens: 33_338 },
    }),
    usd: 0.9,
  },
  {
    title: 'the same as plain text, which reports no tokens',
    target: path.transcriptions,
    body: [['model', 'listens-in-tokens'], ['response_format', 'text'], sound],
    upstream: answer(['Hello there.\n'], { headers: { 'content-type': 'text/plain; charset=utf-8' } }),
    usd: 0.42,
  },
  {
    title: 'the same as JSON that reports its duration',
    target: path.transcriptions,
    body: [['model', 'listens-in-tokens'], sound],
    upstream: json(200, { text: 'Hello there.', duration: 10 }),
    usd: 0.42,
  },
  {
    title: 'a transcription priced per second',
    target: path.transcriptions,
    body: [['model', 'listens-by-the-second'], sound],
    upstream: json(200, { text: 'Hi', usage: { type: 'duration', seconds: 10 } }),
    usd: 0.005,
  },
  {
    title: 'a transcription priced by tokens',
    target: path.transcriptions,
    body: [['model', 'listens'], sound],
    upstream: json(200, {
      ...transcription,
      usage: { ...transcription.usage, input_tokens: 100, output_tokens: 2_000 },
    }),
    usd: 0.1,
  },
  {
    title: 'embeddings',
    target: path.embeddings,
    body: { model: 'embeds', input: 'Hello there. '.repeat(1_000) },
    upstream: json(200, { ...embeddings, usage: { prompt_tokens: 3_001, total_tokens: 3_001 } }),
    usd: 0.002,
  },
]

describeOnBothStored('a small budget for every kind of call', (start, { runtime, startUpstream, share }) => {
  const open = () => shareKeys(share, { config })
  const budget = (usd: number) => ({ limits: { budgets: [{ usd, per: 'total' }] } })

  test.each(rows)('case C4 R38: is never exceeded, and its refusal names the reason: $title', async (row) => {
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

  test('case C4: a key’s default limit for chats does not apply to audio and transcripts', async () => {
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
    'case C4: Weir does not lower a limit below $name budget for thinking, but refuses the call and names that budget',
    async ({ fields }) => {
      const own = await startUpstream()
      own.respond(answerWithin(longest))
      const providers = { own: { base_url: own.url, models: ['reasons'], output_limit: 'max_tokens' } }
      const prices = { 'own/reasons': config.prices['openai/reasons'] }
      const { gateway, create } = await openKeys({ start, startUpstream }, { config: { providers, prices } })
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

  test('case C4: near its end, a budget pays only for outputs of typical length, and truncates none', async () => {
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
    // The rest would have paid for some more outputs of 1,024 tokens, all truncated.
    expect(finishes).toEqual(Array.from({ length: 16 }, () => 'stop'))
    expectError(last, {
      code: 'insufficient_quota',
      message:
        /Replies of this model to this key usually need up to \d{4} tokens\. `max_completion_tokens: \d{4}` would fit\./,
    })
    const fits = Number(/`max_completion_tokens: (\d+)`/.exec(messageOf(last))?.[1])
    const named = await send(key.secret, { max_completion_tokens: fits })
    expect([named.status, named.header('x-weir-max-tokens')]).toEqual([200, undefined])
    // A different key has no typical length yet.
    expect(Number((await send(other.secret)).header('x-weir-max-tokens'))).toBe(1_024)
  })

  test('case C4 R38: of 100 concurrent calls a budget for ten admits ten', async () => {
    const { upstream, gateway, create } = await open()
    const gate = createGate()
    upstream.respond(after(gate, answerWithin(longest)))
    // Each call requests 2,000 tokens, and needs at least 1,024.
    const key = await create(budget(0.205))
    const body = { ...hi, max_completion_tokens: 2_000, response_format: { type: 'json_object' } }
    const calls = Array.from({ length: 100 }, () => ask(gateway, { target: path.chat, body, ...withKey(key.secret) }))
    for (let count = 0; count < 10; count++) await upstream.nextRequest()
    gate.open()
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(90)
    const own = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
    expect(own.reduce((sum, { cost_nano: nano }) => sum + nano, 0)).toBeLessThanOrEqual(205_000_000)
  })

  test('case C4 R04: an interrupted stream costs no more than its lowered limit, whatever its estimate', async () => {
    const { upstream, gateway, create } = await open()
    const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'reasons' }
    const text = { ...chunk, choices: [{ index: 0, delta: { content: 'x'.repeat(60_000) }, finish_reason: null }] }
    upstream.respond(sse([text], { ending: 'fin' }))
    const key = await create(budget(0.1))
    const broken = await ask(gateway, { target: path.chat, body: { ...hi, stream: true }, ...withKey(key.secret) })
    expect(broken.header('x-weir-max-tokens')).toMatch(/^2\d{3}$/)
    const own = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
    expect(own).toMatchObject([{ outcome: 'interrupted', cost_source: 'estimated' }])
    // Four bytes per token would cost 0.15 USD.
    for (const { cost_nano: cost, reserved_nano: reserved } of own) expect(cost).toBeLessThanOrEqual(reserved)
  })

  // In this test wrangler's servers precede workerd, and never report a disconnected client to it.
  test.skipIf(runtime === 'workerd')(
    'case C4 R03: callers who disconnect from their streams never spend more than their reservations',
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
        const started = await client.startResponse()
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
