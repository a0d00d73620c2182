import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { image, transcription } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, type Gateway, gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient, type RawResponse } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { after, answer as answerWith, beforeBody, json } from '../support/upstream-scripts.ts'
import { formType, askForm as sendForm } from './ask-form.ts'
import { type FormPart, toForm } from './to-form.ts'

const target = '/v1/audio/transcriptions'
/** Bytes of a file that contain every delimiter of a form. */
const sound = Buffer.concat([Buffer.from('\r\n--form-of-a-tes\r\n\r\nname="model"\r\n\r\n--'), randomBytes(200_000)])
const model: FormPart = ['model', 'whisper-1']
const file: FormPart = ['file', sound, 'ein "Ton"; name=model.mp3'.replaceAll('"', '%22')]
const language: FormPart = ['language', 'de']

describeOnBoth('a form', (start, { startUpstream, share }) => {
  test.each([
    ['before', [model, file, language]],
    ['after', [file, language, model]],
  ])('passes byte for byte with its model %s the file', async (_where, parts) => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(json(200, transcription))
    const body = toForm(parts)
    const response = await askForm(gateway, body)
    expect(response.status, response.text).toBe(200)
    expect(JSON.parse(response.text)).toEqual(transcription)
    const exchange = await upstream.nextRequest()
    expect(exchange.target).toBe(target)
    expect(exchange.headers['content-type']).toBe(formType)
    expect(exchange.headers['content-length']).toBe(String(body.length))
    expect(exchange.bodyBytes.equals(body)).toBe(true)
  })

  test.each([
    ['before', [model, file]],
    ['after', [file, model]],
  ])('has its model renamed, %s the file, with the correct length', async (_where, parts) => {
    const upstream = await startUpstream()
    upstream.respond(json(200, transcription))
    const gateway = await start({
      env: { ...toOpenAIEnv(upstream), MODEL_ALIASES: 'whisper-1=openai/größer-transcribe' },
    })
    expect((await askForm(gateway, toForm(parts))).status).toBe(200)
    const renamed = toForm(parts.map((part) => (part === model ? ['model', 'größer-transcribe'] : part)))
    const exchange = await upstream.nextRequest()
    expect(exchange.headers['content-length']).toBe(String(renamed.length))
    expect(exchange.bodyBytes.equals(renamed)).toBe(true)
    expect((await gateway.findLog()).model).toBe('größer-transcribe')
  })

  test('is sent to the provider of its model', async () => {
    const [first, second] = [await startUpstream(), await startUpstream()]
    second.respond(json(200, transcription))
    const providers = {
      first: { base_url: first.url, api_key: 'key-of-the-first' },
      second: { base_url: second.url, api_key: 'key-of-the-second', models: ['voice'] },
    }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config: { providers } })
    for (const name of ['voice', 'second/voice']) {
      expect((await askForm(gateway, toForm([file, ['model', name]]))).status).toBe(200)
      const exchange = await second.nextRequest()
      expect(exchange.bodyBytes.equals(toForm([file, ['model', 'voice']]))).toBe(true)
      expect(exchange.headers.authorization).toBe('Bearer key-of-the-second')
    }
    expect(first.requests).toEqual([])
  })

  test.each([
    'multipart/form-data; boundary="form-of-a-test"',
    'Multipart/Form-Data;charset=utf-8;Boundary=form-of-a-test',
  ])('is read with the type %s, which passes unchanged', async (spelling) => {
    const { upstream, gateway } = await share((scripted) => ({
      env: { ...toOpenAIEnv(scripted), MODEL_ALIASES: 'whisper-1=tiny' },
    }))
    upstream.respond(json(200, transcription))
    expect((await askForm(gateway, toForm([model, file]), { 'content-type': spelling })).status).toBe(200)
    const exchange = await upstream.nextRequest()
    expect(exchange.headers['content-type']).toBe(spelling)
    expect(exchange.bodyBytes.equals(toForm([['model', 'tiny'], file]))).toBe(true)
  })

  test('without a length passes in chunks, with its model renamed', async () => {
    const { upstream, gateway } = await share((scripted) => ({
      env: { ...toOpenAIEnv(scripted), MODEL_ALIASES: 'whisper-1=tiny' },
    }))
    upstream.respond(json(200, transcription))
    const client = await openRawClient(gateway.url)
    await client.send(toHead({ 'transfer-encoding': 'chunked' }))
    const body = toForm([file, model])
    for (let at = 0; at < body.length; at += 50_000) {
      const chunk = body.subarray(at, at + 50_000)
      await client.send(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]))
    }
    await client.send('0\r\n\r\n')
    expect((await client.readResponse()).status).toBe(200)
    const { bodyBytes } = await upstream.nextRequest()
    expect(bodyBytes.equals(toForm([file, ['model', 'tiny']]))).toBe(true)
    client.destroy()
  })

  test('over the buffer size is forwarded while it arrives', async () => {
    const upstream = await startUpstream()
    const gate = createGate()
    upstream.respond(beforeBody(after(gate, json(200, transcription))))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const body = toForm([['file', randomBytes(1_000_000), 'a.wav'], model])
    const client = await openRawClient(gateway.url)
    await client.send(toHead({ 'content-length': String(body.length) }))
    await client.send(body.subarray(0, 500_000))
    // The upstream receives the beginning before the caller sends the end.
    const exchange = await upstream.nextHead()
    await client.send(body.subarray(500_000))
    await exchange.bodyComplete
    gate.open()
    expect((await client.readResponse()).status).toBe(200)
    expect(exchange.bodyBytes.equals(body)).toBe(true)
    client.destroy()
  })

  test('over the limit is refused, with or without an announced length, and its upload is cut', async () => {
    const { upstream, gateway } = await share((scripted) => ({
      env: toOpenAIEnv(scripted),
      config: { limits: { media_body_bytes: 100_000 } },
    }))
    upstream.respond(json(200, transcription))
    expectError(await askForm(gateway, toForm([model, file])), { code: 'body_too_large', message: /100000 bytes/ })
    const client = await openRawClient(gateway.url)
    await client.send(toHead({ 'transfer-encoding': 'chunked' }))
    const body = toForm([model, file])
    await client.send(Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]))
    expectError(await client.readResponse(), { code: 'body_too_large' })
    client.destroy()
    expect(upstream.requests.filter(({ bodyBytes }) => bodyBytes.length >= body.length)).toEqual([])
  })

  test('S58 with two models is refused, at any position of the second', async () => {
    const { upstream, gateway } = await share((scripted) => ({
      env: toOpenAIEnv(scripted),
      config: { models: { strict: true } },
    }))
    upstream.respond(json(200, transcription))
    const other: FormPart = ['model', 'not-listed']
    const twice = { code: 'invalid_value', param: 'model', message: /twice/ } as const
    for (const parts of [
      [model, other],
      [model, file, other],
      [file, model, other, file],
    ])
      expectError(await askForm(gateway, toForm(parts)), twice)
  })

  test('without a model is refused if the provider depends on it', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, transcription))
    const strict = await start({ env: { ...toOpenAIEnv(upstream), MODELS_STRICT: 'true' } })
    expectError(await askForm(strict, toForm([file])), { code: 'missing_required_parameter', param: 'model' })
    expectError(await askForm(strict, toForm([['model', 'whisper-9'], file])), {
      code: 'model_not_found',
      param: 'model',
    })
    expect(upstream.requests).toEqual([])
  })

  test('with images is edited by the upstream', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(json(200, image))
    const body = toForm([
      ['image[]', sound, 'a.png'],
      ['image[]', sound, 'b.png'],
      ['prompt', 'a cat'],
      ['model', 'gpt-image-1'],
    ])
    const response = await askForm(gateway, body, {}, '/v1/images/edits')
    expect(JSON.parse(response.text)).toEqual(image)
    expect((await upstream.nextRequest()).bodyBytes.equals(body)).toBe(true)
  })

  test('that breaks off is not a call', async () => {
    const { upstream, gateway } = await share((scripted) => ({
      env: { ...toOpenAIEnv(scripted), MODEL_ALIASES: 'whisper-1=tiny' },
    }))
    upstream.respond(json(200, transcription))
    const client = await openRawClient(gateway.url)
    await client.send(toHead({ 'content-length': '1000000' }))
    await client.send(toForm([file]))
    // With FIN: an RST would take the request away from a server that has not read it yet.
    client.destroy()
    await gateway.findLog(({ route }) => route === 'audio.transcriptions')
    expect(upstream.requests).toEqual([])
  })
})

describeOnBoth('a binary response', (_start, { share }) => {
  test.each([
    ['audio/mpeg', 'length'],
    ['audio/pcm', 'chunked'],
    ['application/octet-stream', 'chunked'],
  ] as const)('of %s passes byte for byte (%s)', async (contentType, framing) => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(answerWith([sound], { framing, headers: { 'content-type': contentType }, splitEvery: 30_000 }))
    const client = await openRawClient(gateway.url)
    const body = { model: 'tts-1', input: 'Hallo', voice: 'alloy' }
    await client.send(toRequestBytes({ target: '/v1/audio/speech', headers: bearer, body }))
    const response = await client.readResponse()
    expect(response.status).toBe(200)
    expect(response.isComplete).toBe(true)
    expect(response.header('content-type')).toBe(contentType)
    expect(response.body.equals(sound)).toBe(true)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', bytes_out: sound.length })
    client.destroy()
  })
})

function toHead(headers: Readonly<Record<string, string>>, path = target): string {
  return toRequestBytes({ method: 'POST', target: path, headers: { ...bearer, 'content-type': formType, ...headers } })
}

function askForm(
  gateway: Gateway,
  body: Buffer,
  headers: Readonly<Record<string, string>> = {},
  path = target,
): Promise<RawResponse> {
  return sendForm(gateway, body, { target: path, headers })
}
