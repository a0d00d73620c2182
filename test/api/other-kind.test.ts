import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { speechEvents, transcriptEvents } from '../conformance/fixtures.ts'
import { readRecordsOf } from '../faults/read-records.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { image, transcription } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { askForm } from './ask-form.ts'
import { type FormPart, toForm } from './to-form.ts'

const speech = { target: '/v1/audio/speech', body: { model: 'm', input: 'Hi', voice: 'alloy', stream_format: 'sse' } }
const draw = { target: '/v1/images/generations', body: { model: 'gpt-image-1', prompt: 'A hat', stream: true } }
const tooMany = { error: { code: 429, message: 'Too many requests.', type: 'rate_limit_error' } }
const model: FormPart = ['model', 'whisper-1']
const asStream: FormPart = ['stream', 'true']
const short: FormPart = ['file', randomBytes(2_000), 'a.mp3']
/** Too long to be buffered with the other fields. */
const long: FormPart = ['file', randomBytes(200_000), 'a.mp3']

/** Returns the data of the events of a body. */
function readEvents(text: string): readonly unknown[] {
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data))
}

describeOnBothStored('a response of the other kind', (_start, { share }) => {
  async function open(script: Script) {
    const prices = {
      'openai/whisper-1': { per_second: 0.0001 },
      'openai/gpt-image-1': { input: 5, output: 5, image_output: 40 },
      'openai/m': { input: 1, output: 1 },
    }
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted), config: { prices } }))
    upstream.respond(script)
    const transcribe = (...parts: readonly FormPart[]) =>
      askForm(gateway, toForm(parts), { target: '/v1/audio/transcriptions' })
    return { gateway, transcribe }
  }

  test('case A4: images in JSON become the requested events', async () => {
    const usage = { total_tokens: 6_250, input_tokens: 50, output_tokens: 6_200 }
    const about = { background: 'opaque', output_format: 'png', quality: 'high', size: '1024x1024' }
    const answered = { created: 1_713_833_628, ...about, data: [{ b64_json: 'aGk=' }, { b64_json: 'eW8=' }], usage }
    const { gateway } = await open(json(200, answered))
    const response = await ask(gateway, { ...draw, body: { ...draw.body, n: 2 } })
    expect(response.header('content-type')).toBe('text/event-stream; charset=utf-8')
    const event = { type: 'image_generation.completed', created_at: 1_713_833_628, ...about }
    expect(readEvents(response.text)).toEqual([
      { ...event, b64_json: 'aGk=' },
      { ...event, b64_json: 'eW8=', usage },
    ])
    expect(response.text).toMatch(/^event: image_generation\.completed\ndata: /)
    const cost_nano = 50 * 5_000 + 6_200 * 40_000
    expect(await readRecordsOf(gateway, response)).toMatchObject([{ outcome: 'ok', cost_source: 'usage', cost_nano }])
  })

  test('case A4: edited images in JSON become events of edits', async () => {
    const { gateway } = await open(json(200, image))
    const parts: readonly FormPart[] = [['model', 'gpt-image-1'], asStream, ['image', randomBytes(2_000), 'a.png']]
    const response = await askForm(gateway, toForm(parts), { target: '/v1/images/edits' })
    expect(readEvents(response.text)).toMatchObject([{ type: 'image_edit.completed', ...image.data[0] }])
  })

  test('case A4: an image of 12 MB is one event', async () => {
    const picture = 'A'.repeat(12_000_000)
    const { gateway } = await open(json(200, { created: 1, data: [{ b64_json: picture }] }))
    const response = await ask(gateway, draw)
    const [event] = readEvents(response.text)
    expect(event).toEqual({ type: 'image_generation.completed', created_at: 1, b64_json: picture })
    expect(await readRecordsOf(gateway, response)).toMatchObject([{ outcome: 'ok' }])
  })

  test.each([
    ['images', draw, { created: 1, data: [] }],
    ['an unknown list', draw, { object: 'list' }],
  ])('case A4: JSON without %s in place of a requested stream is 502 with the reason', async (_name, request, body) => {
    const { gateway } = await open(json(200, body))
    const response = await ask(gateway, request)
    expectError(response, {
      code: 'upstream_invalid_answer',
      message: /cannot become the stream that was requested/,
    })
    expect(await readRecordsOf(gateway, response)).toMatchObject([{ outcome: 'upstream_error', cost_nano: 0 }])
  })

  test.each([
    ['its usage', { text: 'Hi', usage: { type: 'duration', seconds: 7 } }, { type: 'duration', seconds: 7 }],
    ['its duration', { text: 'Hi', duration: 7 }, { type: 'duration', seconds: 7 }],
  ])('case A4: a transcript in JSON becomes events, and is charged by %s', async (_name, body, usage) => {
    const { gateway, transcribe } = await open(json(200, body))
    const response = await transcribe(model, asStream, long)
    expect(response.header('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(readEvents(response.text)).toMatchObject([{ type: 'transcript.text.done', text: 'Hi', usage }])
    expect(await readRecordsOf(gateway, response)).toMatchObject([
      { outcome: 'ok', cost_source: 'usage', cost_nano: 700_000 },
    ])
  })

  test('case A4: a transcript in events becomes the requested JSON', async () => {
    const { gateway, transcribe } = await open(sse(transcriptEvents, { doneAtEnd: false }))
    const response = await transcribe(model, short)
    expect(response.header('content-type')).toMatch(/^application\/json/)
    const { type: _type, ...done } = transcriptEvents.at(-1) ?? {}
    expect(JSON.parse(response.text)).toEqual(done)
    expect(await readRecordsOf(gateway, response)).toMatchObject([
      { outcome: 'ok', input_tokens: 14, output_tokens: 45 },
    ])
  })

  test('case A4: a transcript in events in place of subtitles is 502 with the reason', async () => {
    const { transcribe } = await open(sse(transcriptEvents, { doneAtEnd: false }))
    const response = await transcribe(model, ['response_format', 'srt'], short)
    expectError(response, { code: 'upstream_invalid_answer', message: /a stream, which was not requested/ })
  })

  test('case A4 case C7: a form that may still request a stream gets its response unchanged', async () => {
    const events = await open(sse(transcriptEvents, { doneAtEnd: false }))
    expect(readEvents((await events.transcribe(model, long)).text)).toEqual(transcriptEvents)
    const whole = await open(json(200, transcription))
    expect(JSON.parse((await whole.transcribe(model, long)).text)).toEqual(transcription)
  })

  test('case A7: a stream of audio or of a transcript that starts with an error has its status', async () => {
    const { gateway, transcribe } = await open(sse([tooMany], { doneAtEnd: false }))
    const responses = [
      await ask(gateway, speech),
      await transcribe(model, asStream, long),
      await transcribe(model, short),
      await transcribe(model, long),
    ]
    for (const { status, text } of responses) expect([status, JSON.parse(text)]).toEqual([429, tooMany])
    const refused = { outcome: 'upstream_error', status: 429, cost_nano: 0 }
    expect(await readRecordsOf(gateway, ...responses)).toMatchObject([refused, refused, refused, refused])
  })

  test('case A7: audio passes event by event, from the first one on', async () => {
    const gate = createGate()
    const [first, ...rest] = speechEvents
    const { gateway } = await open(sse([first ?? '', gate, ...rest], { doneAtEnd: false }))
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ ...speech, headers: bearer }))
    const response = await client.startResponse()
    await response.bodyUntil('speech.audio.delta')
    gate.open()
    const whole = await response.whole()
    expect(whole.text).toContain('speech.audio.done')
    client.destroy()
    expect(await readRecordsOf(gateway, whole)).toMatchObject([{ outcome: 'ok', input_tokens: 14, output_tokens: 101 }])
  })

  test('case A18: an audio stream without content is an error', async () => {
    const { gateway } = await open(sse([': hello\n\n'], { doneAtEnd: false }))
    expectError(await ask(gateway, speech), { code: 'upstream_invalid_answer' })
  })
})
