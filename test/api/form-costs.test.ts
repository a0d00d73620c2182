import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { readRecordsOf } from '../faults/read-records.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { image, transcription } from '../support/fixtures.ts'
import { answer as answerWith, json, sse } from '../support/upstream-scripts.ts'
import { askForm } from './ask-form.ts'
import { openKeys, shareKeys } from './open-keys.ts'
import { type FormPart, toForm } from './to-form.ts'

const [generated] = image.data
const hour = 3_600

const config = {
  prices: {
    'openai/whisper-1': { per_second: 0.0001 },
    'openai/voxtral': { per_second: 0.0001 },
    'openai/listens-in-tokens': { input: 2, output: 12 },
  },
}
/** Nano-USD of an image of 256 or 1,024 pixels by dall-e-2, and of a second of audio. */
const nano = { small: 16_000_000, large: 20_000_000, second: 100_000 }

/** Too long to be buffered with the other fields. */
const photo: FormPart = ['image', randomBytes(200_000), 'a.png']
const edit: readonly FormPart[] = [
  ['model', 'dall-e-2'],
  ['prompt', 'A hat'],
]
const sound: FormPart = ['file', randomBytes(200_000), 'a.mp3']
const speech: FormPart = ['model', 'whisper-1']

/** Returns `count` images. Source: https://github.com/openai/openai-node 7.57.0, ImagesResponse, read 2026-11-29. */
function images(count: number, fields: object = {}) {
  return json(200, { created: image.created, data: Array.from({ length: count }, () => generated), ...fields })
}

describeOnBothStored('the cost of a form', (start, { share, startUpstream }) => {
  async function open(opening = shareKeys(share, { config })) {
    const opened = await opening
    const { upstream, gateway } = opened
    /** Sends a form with a new key, and returns the reserved and the charged cost. */
    async function charge(target: string, parts: readonly FormPart[], fields: object = {}) {
      const key = await opened.create(fields)
      const response = await askForm(gateway, toForm(parts), { target, secret: key.secret ?? undefined })
      const [record] = await readRecordsOf(gateway, response)
      return { response, record }
    }
    return { ...opened, charge, upstream, gateway }
  }

  test('case C7: reserves and charges ten images that a form requests before its file', async () => {
    const { upstream, charge } = await open()
    upstream.respond(images(10))
    const parts: readonly FormPart[] = [...edit, ['n', '10'], ['size', '256x256'], photo]
    const { response, record } = await charge('/v1/images/edits', parts)
    expect(response.status, response.text).toBe(200)
    expect((await upstream.nextRequest()).bodyBytes.equals(toForm(parts))).toBe(true)
    expect(record).toMatchObject({ reserved_nano: 10 * nano.small, cost_nano: 10 * nano.small, cost_source: 'usage' })
  })

  test('case C7: reserves ten images at the highest price if `n` may follow the file, and charges those that arrive', async () => {
    const { upstream, charge } = await open()
    upstream.respond(images(3))
    const { record } = await charge('/v1/images/edits', [...edit, photo, ['n', '3'], ['size', '256x256']])
    expect(record?.reserved_nano).toBe(10 * nano.large)
    // Neither the response nor the fields read report the size, so the model's default counts.
    expect(record).toMatchObject({ cost_nano: 3 * nano.large, cost_source: 'usage' })
  })

  test('case C7: fields after the file count if the whole form is short', async () => {
    const { upstream, charge } = await open()
    upstream.respond(images(2))
    const short: FormPart = ['image', randomBytes(2_000), 'a.png']
    const { record } = await charge('/v1/images/edits', [short, ...edit, ['n', '2'], ['size', '1024x1024']])
    expect(record).toMatchObject({ reserved_nano: 2 * nano.large, cost_nano: 2 * nano.large })
  })

  test('case C7: fewer images than requested cost less, at the size in the response', async () => {
    const { upstream, charge } = await open()
    upstream.respond(images(1, { size: '256x256', quality: 'high' }))
    const { record } = await charge('/v1/images/edits', [...edit, ['n', '4'], ['size', 'auto'], photo])
    expect(record).toMatchObject({ reserved_nano: 4 * nano.large, cost_nano: nano.small, cost_source: 'usage' })
  })

  test('case C7: a form over the budget of its key is refused before it is sent', async () => {
    const { upstream, charge } = await open()
    upstream.respond(images(10))
    const limits = { usd_per_call: 0.1 }
    const { response } = await charge('/v1/images/edits', [...edit, ['n', '10'], photo], { limits })
    expectError(response, { code: 'insufficient_quota' })
    expect(upstream.requests).toEqual([])
  })

  test('case C7: an invalid number of images is refused as in JSON', async () => {
    const { upstream, charge } = await open()
    for (const n of ['ten', '', '-1', '1.5']) {
      const { response } = await charge('/v1/images/edits', [...edit, ['n', n], photo])
      expectError(response, { code: 'invalid_value', param: 'n' })
    }
    expect(upstream.requests).toEqual([])
  })

  test('case C7: a field that repeats after the file fails the form, because a provider may use either', async () => {
    // Its own gateway, because it leaves a request at the upstream without an end.
    const { upstream, charge } = await open(openKeys({ start, startUpstream }, { config }))
    upstream.respond(images(1))
    const { response } = await charge('/v1/images/edits', [...edit, ['n', '1'], photo, ['n', '10']])
    expectError(response, { code: 'invalid_value', param: 'n', message: /twice/ })
  })

  test('case C7: the `user` of a form is its end user, and `metadata` are its tags', async () => {
    const { upstream, charge } = await open()
    upstream.respond(json(200, transcription))
    const { record } = await charge('/v1/audio/transcriptions', [
      speech,
      ['user', 'ann'],
      ['metadata[team]', 'blue'],
      sound,
    ])
    expect(record?.end_user).toBe('ann')
    expect(JSON.stringify(record)).toContain('team:blue')
  })

  test('case C7: a stream that a form requests, before or after its file, reaches its caller as a stream', async () => {
    const { upstream, charge, gateway } = await open()
    // Source: https://github.com/openai/openai-node 7.57.0, ImageEditCompletedEvent, read 2026-11-29
    const completed = { type: 'image_edit.completed', b64_json: generated?.b64_json, size: '256x256' }
    upstream.respond(sse([completed], { doneAtEnd: false }))
    const before: readonly FormPart[] = [...edit, ['stream', 'true'], photo]
    const behind: readonly FormPart[] = [...edit, photo, ['stream', 'True']]
    for (const parts of [before, behind]) {
      const { response } = await charge('/v1/images/edits', parts)
      expect(response.header('content-type')).toMatch(/^text\/event-stream/)
      expect(response.text).toContain('image_edit.completed')
    }
    expect(gateway.logs().filter(({ event, outcome }) => event === 'call' && outcome !== 'ok')).toEqual([])
  })

  test('case C7: a stream of images with a price per image is charged for those that arrive', async () => {
    const { upstream, charge, gateway } = await open()
    const toEvent = (type: string) => {
      const data = JSON.stringify({ type, b64_json: generated?.b64_json, size: '256x256' })
      return `event: ${type}\ndata: ${data}\n\n`
    }
    const events = ['partial_image', 'completed', 'partial_image', 'completed']
    upstream.respond(
      sse(
        events.map((name) => toEvent(`image_edit.${name}`)),
        { doneAtEnd: false },
      ),
    )
    const { record } = await charge('/v1/images/edits', [...edit, photo, ['n', '3'], ['stream', 'true']])
    expect(record).toMatchObject({ reserved_nano: 10 * nano.large, cost_nano: 2 * nano.large, cost_source: 'usage' })
    upstream.respond(
      sse(
        events.map((name) => toEvent(`image_generation.${name}`)),
        { ending: 'reset' },
      ),
    )
    const body = { model: 'dall-e-2', prompt: 'A hat', n: 4, size: '256x256', stream: true }
    const drawn = await ask(gateway, { target: '/v1/images/generations', body })
    expect(await readRecordsOf(gateway, drawn)).toMatchObject([
      { reserved_nano: 4 * nano.small, cost_nano: 2 * nano.small },
    ])
  })

  test('case C2: a transcription is charged by the duration in its response', async () => {
    const { upstream, charge } = await open()
    for (const [body, seconds] of [
      // https://github.com/openai/openai-node 7.57.0, TranscriptionVerbose, read 2026-11-29
      [{ task: 'transcribe', language: 'english', duration: 8.5, text: 'Hello', segments: [] }, 8.5],
      // A string in OpenAI's older description, the source of https://hexdocs.pm/oapi_open_ai/0.1.5, read 2026-11-29
      [{ duration: '8.5', text: 'Hello' }, 8.5],
      [{ text: 'Hello', duration: 8.47, usage: { type: 'duration', seconds: 9 } }, 9],
      // Mistral's counts: https://github.com/mistralai/client-ts, usageinfo.ts, read 2026-11-29
      [{ text: 'Hi', usage: { prompt_audio_seconds: 3, prompt_tokens: 4, total_tokens: 8 } }, 3],
    ] as const) {
      upstream.respond(json(200, body))
      const { record } = await charge('/v1/audio/transcriptions', [speech, sound])
      expect(record).toMatchObject({ cost_nano: seconds * nano.second, cost_source: 'usage' })
    }
  })

  test.each([undefined, 'text/plain; charset=utf-8', 'application/octet-stream', 'text/json'])(
    'case A2 case C2: a JSON transcript is charged by its duration, under the type %s too',
    async (type) => {
      const { upstream, charge } = await open()
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      for (const format of [undefined, 'json', 'verbose_json'])
        for (const target of ['/v1/audio/transcriptions', '/v1/audio/translations']) {
          const body = JSON.stringify({ text: 'Hello', duration: 8.5 })
          upstream.respond(answerWith([body], { headers }))
          const wanted: readonly FormPart[] = format === undefined ? [] : [['response_format', format]]
          for (const parts of [
            [speech, ...wanted, sound],
            [sound, speech, ...wanted],
          ]) {
            const { response, record } = await charge(target, parts)
            expect([response.status, response.text]).toEqual([200, body])
            expect(response.header('content-type')).toMatch(/json/)
            expect(record).toMatchObject({ cost_nano: 8.5 * nano.second, cost_source: 'usage' })
          }
        }
    },
  )

  test.each([undefined, 'text/plain', 'application/octet-stream'])(
    'case A1 case A2: a plain text transcript passes under the type %s, with any beginning',
    async (type) => {
      const { upstream, charge } = await open()
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      for (const text of ['{"duration": 1}', 'data: [DONE]\n\n', '[laughs] Hello', '{', ': a comment']) {
        upstream.respond(answerWith([text], { headers }))
        const { response } = await charge('/v1/audio/transcriptions', [speech, ['response_format', 'text'], sound])
        expect([response.status, response.text, response.header('content-type')]).toEqual([200, text, type])
        const asJson = await charge('/v1/audio/transcriptions', [speech, sound])
        expect([asJson.response.status, asJson.response.text]).toEqual([200, text])
      }
    },
  )

  test.each([undefined, 'text/plain', 'application/octet-stream'])(
    'case A1: the events of a transcription reach the caller under the type %s, and are counted',
    async (type) => {
      const { upstream, charge } = await open()
      const usage = { type: 'duration', seconds: 7 }
      const events = [
        { type: 'transcript.text.delta', delta: 'Hi' },
        { type: 'transcript.text.done', text: 'Hi', usage },
      ]
      const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      upstream.respond(answerWith([text], { headers, framing: 'chunked' }))
      const { response, record } = await charge('/v1/audio/transcriptions', [speech, ['stream', 'true'], sound])
      expect([response.text, response.header('content-type')]).toEqual([text, 'text/event-stream; charset=utf-8'])
      expect(record).toMatchObject({ cost_nano: 7 * nano.second })
    },
  )

  test('case C2: a transcription without a duration costs the reserved seconds', async () => {
    const { upstream, charge } = await open()
    const parts = [speech, sound]
    const reserved = Math.round((toForm(parts).length / 2_000) * nano.second)
    for (const [type, text] of [
      ['text/plain; charset=utf-8', 'Hello\n'],
      ['application/x-subrip', '1\n00:00:00,000 --> 00:00:01,000\nHello\n'],
      ['text/vtt', 'WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n'],
      // Groq: https://skillsmp.com/ko/creators/shermanhuman/oh/skills-groq-api, read 2026-11-29
      ['application/json', JSON.stringify({ text: 'Hello', x_groq: { id: 'req_1' } })],
      ['application/json', JSON.stringify({ text: 'Hello', usage: { input_tokens: 0, output_tokens: 0 } })],
    ] as const) {
      upstream.respond(answerWith([text], { headers: { 'content-type': type } }))
      const { response, record } = await charge('/v1/audio/transcriptions', parts)
      expect([response.status, response.text]).toEqual([200, text])
      expect(record).toMatchObject({ reserved_nano: reserved, cost_nano: reserved, cost_source: 'estimated' })
    }
  })

  test('case C2: tokens alone do not determine a price per second', async () => {
    const { upstream, charge } = await open()
    upstream.respond(json(200, { text: 'Hi', usage: { prompt_tokens: 4, completion_tokens: 5, total_tokens: 9 } }))
    const { record } = await charge('/v1/audio/translations', [['model', 'voxtral'], sound])
    expect(record).toMatchObject({ cost_source: 'estimated', input_tokens: 4, output_tokens: 5 })
    expect(record?.cost_nano).toBe(record?.reserved_nano)
  })

  test('case C2: a transcript priced only by audio tokens, without a count, costs those of its duration and is never free', async () => {
    const { upstream, charge } = await open()
    const parts: readonly FormPart[] = [['model', 'listens-in-tokens'], sound]
    const guessed = Math.ceil((toForm(parts).length / 2_000) * 50)
    for (const [type, text, tokens] of [
      ['text/plain; charset=utf-8', 'Hello\n', guessed],
      ['application/json', JSON.stringify({ text: 'Hello' }), guessed],
      ['application/json', JSON.stringify({ text: 'Hello', duration: 8.5 }), 8.5 * 50],
    ] as const) {
      upstream.respond(answerWith([text], { headers: { 'content-type': type } }))
      const { record } = await charge('/v1/audio/transcriptions', parts)
      expect(record).toMatchObject({ cost_nano: tokens * 2_000, cost_source: 'estimated', input_tokens: tokens })
      expect(record?.reserved_nano).toBeGreaterThanOrEqual(guessed * 2_000)
    }
    const usage = { type: 'tokens', input_tokens: 85, output_tokens: 4, total_tokens: 89 }
    upstream.respond(json(200, { text: 'Hello', duration: 8.5, usage }))
    const { record } = await charge('/v1/audio/transcriptions', parts)
    expect(record).toMatchObject({ cost_nano: 85 * 2_000 + 4 * 12_000, cost_source: 'usage' })
  })

  test('case C2: a form with an audio URL is reserved at the maximum file length', async () => {
    const { upstream, charge } = await open()
    upstream.respond(json(200, { text: 'Hello', duration: hour }))
    const { record } = await charge('/v1/audio/transcriptions', [speech, ['url', 'https://example.com/a.mp3']])
    expect(record?.reserved_nano).toBe(Math.round((25 * 1_024 * 1_024 * nano.second) / 2_000))
    expect(record).toMatchObject({ cost_nano: hour * nano.second, cost_source: 'usage' })
  })

  test('case C2: a transcription that failed costs nothing', async () => {
    const { upstream, charge } = await open()
    upstream.respond(json(500, { error: { message: 'No.' } }))
    const { record } = await charge('/v1/audio/transcriptions', [speech, sound])
    expect(record).toMatchObject({ cost_nano: 0, cost_source: 'none' })
  })
})
