import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type OpenAI from 'openai'
import { expect, test } from 'vitest'
import { transcription } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { answer, json, sse } from '../support/upstream-scripts.ts'
import { callBothWays } from './call-both-ways.ts'
import { collect, describeSdks } from './describe-sdks.ts'
import { transcriptEvents, verboseTranscription } from './fixtures.ts'

const recording = randomBytes(200_000)
/** The demo's transcript of it. */
const said = /^Weir demo: an upload of \d{6} bytes arrived/
const speech = { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'The quick brown fox jumped over the lazy dog.' }

describeSdks('audio of the demo', ({ connectDemo }) => {
  test('is spoken as WAV', async () => {
    const { client } = await connectDemo()
    const response = await client.audio.speech.create({ ...speech, model: 'demo/speech', response_format: 'wav' })
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(response.headers.get('content-type')).toBe('audio/wav')
    expect(bytes.subarray(0, 4).toString()).toBe('RIFF')
    expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8)
  })

  test('is transcribed in every format', async () => {
    const { client } = await connectDemo()
    const request = { model: 'demo/transcribe', file: toFile() }
    expect((await client.audio.transcriptions.create(request)).text).toMatch(said)
    const text: unknown = await client.audio.transcriptions.create({ ...request, response_format: 'text' })
    expect(text).toMatch(said)
    const verbose = await client.audio.transcriptions.create({ ...request, response_format: 'verbose_json' })
    expect(verbose).toMatchObject({ text: expect.stringMatching(said), duration: 1, segments: [{ id: 0 }] })
  })

  test('is transcribed as a stream', async () => {
    const { client } = await connectDemo()
    const request = { model: 'demo/transcribe', file: toFile(), stream: true as const }
    const events = await collect(await client.audio.transcriptions.create(request))
    const deltas = events.map((event) => (event.type === 'transcript.text.delta' ? event.delta : ''))
    expect(events.at(-1)).toMatchObject({ type: 'transcript.text.done', text: deltas.join('') })
  })

  test('is translated', async () => {
    const { client } = await connectDemo()
    const { text } = await client.audio.translations.create({ model: 'demo/transcribe', file: toFile() })
    expect(text).toMatch(said)
  })
})

describeSdks('audio through Weir', ({ connectUpstream }) => {
  test('is spoken with the same bytes', async () => {
    const connection = await connectUpstream()
    const script = answer([recording], { headers: { 'content-type': 'audio/mpeg' }, framing: 'chunked' })
    const { value } = await callBothWays(connection, script, async (client) => {
      const response = await client.audio.speech.create(speech)
      return { type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) }
    })
    expect(value.type).toBe('audio/mpeg')
    expect(value.bytes.equals(recording)).toBe(true)
  })

  test('arrives while the upstream still sends it', async () => {
    const { client, upstream } = await connectUpstream()
    const rest = createGate()
    const parts = [recording.subarray(0, 1_000), rest, recording.subarray(1_000)]
    upstream.respond(answer(parts, { headers: { 'content-type': 'audio/mpeg' }, framing: 'chunked' }))
    const response = await client.audio.speech.create(speech)
    const heard: Uint8Array[] = []
    // v4 uses node-fetch, whose body is a Node stream.
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      heard.push(chunk)
      rest.open()
    }
    expect(Buffer.concat(heard).equals(recording)).toBe(true)
  })

  test('is uploaded unchanged', async () => {
    const connection = await connectUpstream()
    const { value, request } = await callBothWays(connection, json(200, transcription), (client) =>
      client.audio.transcriptions.create({ file: toFile(), model: 'gpt-4o-transcribe', language: 'en' }),
    )
    expect(value).toEqual(transcription)
    expect(request.bodyBytes.includes(recording)).toBe(true)
  })

  test('goes to the provider of a model named after the file, with that provider’s model name', async () => {
    const { client, upstream } = await connectUpstream({
      env: { DEEPINFRA_API_KEY: 'di-test-3b8f1c' },
      config: { models: { aliases: { scribe: 'openai/gpt-4o-transcribe' } } },
    })
    upstream.respond(json(200, transcription))
    // The current SDK keeps the order of the fields; v4 sends texts before files.
    await client.audio.transcriptions.create({ file: toFile(), model: 'scribe' })
    const { bodyBytes, bodyText } = await upstream.nextRequest()
    expect(bodyText).toMatch(/name="model"\r\n\r\ngpt-4o-transcribe\r\n/)
    expect(bodyBytes.includes(recording)).toBe(true)
  })

  test('is uploaded from a file on disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'weir-audio-'))
    const path = join(folder, 'speech.mp3')
    await writeFile(path, recording)
    const connection = await connectUpstream()
    const { request } = await callBothWays(connection, json(200, transcription), (client) =>
      client.audio.translations.create({ file: createReadStream(path), model: 'whisper-1' }),
    )
    await rm(folder, { recursive: true })
    expect(request.bodyText).toContain('filename="speech.mp3"')
    expect(request.bodyBytes.includes(recording)).toBe(true)
  })

  test('is transcribed in every format', async () => {
    const connection = await connectUpstream()
    const { value } = await callBothWays(connection, json(200, verboseTranscription), (client) =>
      transcribe(client, 'verbose_json'),
    )
    expect(value).toEqual(verboseTranscription)
    const plain = answer(['Imagine the wildest idea.\n'], { headers: { 'content-type': 'text/plain; charset=utf-8' } })
    const { value: text } = await callBothWays(connection, plain, (client) => transcribe(client, 'text'))
    expect(text).toBe('Imagine the wildest idea.\n')
  })

  test('is transcribed as the same stream', async () => {
    const connection = await connectUpstream()
    const { value } = await callBothWays(connection, sse(transcriptEvents, { doneAtEnd: false }), async (client) =>
      collect(
        await client.audio.transcriptions.create({ file: toFile(), model: 'gpt-4o-transcribe', stream: true as const }),
      ),
    )
    expect(value).toEqual(transcriptEvents)
    expect(await connection.gateway.findLog()).toMatchObject({ outcome: 'ok', input_tokens: 14, output_tokens: 45 })
  })
})

async function transcribe(client: OpenAI, format: 'text' | 'verbose_json'): Promise<unknown> {
  return client.audio.transcriptions.create({ file: toFile(), model: 'whisper-1', response_format: format })
}

function toFile(): File {
  return new File([recording], 'speech.mp3', { type: 'audio/mpeg' })
}
