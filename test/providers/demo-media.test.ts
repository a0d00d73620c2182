import { crc32, inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ByteStream } from '../../src/core/byte-stream.ts'
import type { OperationName } from '../../src/dialects/operations.ts'
import { createDemo, createSdk, parseEvents, readBytes, readJson, readText } from './demo-harness.ts'

async function draw(body: object) {
  return readJson(await createDemo().post('images.generations', { model: 'demo/image', prompt: 'A river', ...body }))
}

/** Reads a PNG strictly: signature, lengths, checksums, order, and as many pixels as the header declares. */
function decodePng(base64: string) {
  const file = Buffer.from(base64, 'base64')
  expect(file.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const chunks: { type: string; data: Buffer }[] = []
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at)
    const tagged = file.subarray(at + 4, at + 8 + length)
    expect(file.readUInt32BE(at + 8 + length)).toBe(crc32(tagged))
    chunks.push({ type: tagged.toString('latin1', 0, 4), data: tagged.subarray(4) })
    at += 12 + length
  }
  expect(chunks.map((chunk) => chunk.type)).toEqual(['IHDR', 'PLTE', 'tEXt', 'IDAT', 'IEND'])
  const [header, palette, text, pixels] = chunks.map((chunk) => chunk.data)
  const width = header?.readUInt32BE(0) ?? 0
  const height = header?.readUInt32BE(4) ?? 0
  // One bit per pixel, an index into the palette.
  expect([...(header?.subarray(8) ?? [])]).toEqual([1, 3, 0, 0, 0])
  expect(palette).toHaveLength(2 * 3)
  expect(inflateSync(pixels ?? Buffer.alloc(0))).toHaveLength((width / 8 + 1) * height)
  return { bytes: file.length, width, height, text: text?.toString('latin1') }
}

describe('an image of the demo', () => {
  it('is a small PNG that names its origin, for any prompt and size', async () => {
    for (const body of [{}, { size: null }, { size: 'auto' }, { size: '64x200' }, { prompt: 'A hill' }]) {
      const { data, size } = await draw(body)
      expect(size).toBe('1024x1024')
      expect(decodePng(data[0].b64_json)).toEqual({
        bytes: 411,
        width: 1_024,
        height: 1_024,
        text: 'Software\0Weir demo',
      })
    }
  })

  it('is repeated `n` times, at OpenAI’s minimum price each', async () => {
    const { data, usage } = await draw({ n: 3 })
    expect(data).toHaveLength(3)
    expect(usage).toMatchObject({ input_tokens: 2, output_tokens: 816, total_tokens: 818 })
  })

  it('is a data URL if the request sets `url`, or if that is the model’s default', async () => {
    for (const body of [{ response_format: 'url' }, { model: 'dall-e-3' }]) {
      const { data } = await draw(body)
      const [, base64 = ''] = /^data:image\/png;base64,(.+)$/.exec(data[0].url) ?? []
      expect(decodePng(base64)).toMatchObject({ width: 1_024 })
      expect(data[0]).not.toHaveProperty('b64_json')
    }
    const { data } = await draw({ model: 'dall-e-3', response_format: 'b64_json' })
    expect(decodePng(data[0].b64_json)).toMatchObject({ width: 1_024 })
  })

  it.each(['0x5', '5', 'axb', '99999x99999', '-1x4', '1024X1024', 7])('refuses the size %j', async (size) => {
    expect((await draw({ size })).error).toMatchObject({ param: 'size', type: 'invalid_request_error' })
  })

  it('is streamed as an event on request', async () => {
    const demo = createDemo()
    const response = await demo.post('images.generations', { model: 'x', prompt: 'x', stream: true })
    const [event] = parseEvents(await readText(response))
    expect(event?.event).toBe('image_generation.completed')
    expect(decodePng(JSON.parse(event?.data ?? '').b64_json)).toMatchObject({ width: 1_024 })
  })

  it('reads an edit’s fields around the file of the form', async () => {
    const read = await createSdk(createDemo()).images.edit({
      model: 'demo/image',
      image: new File([new Uint8Array(100_000)], 'a.png', { type: 'image/png' }),
      prompt: 'A river',
      size: '256x256',
      n: 2,
      response_format: 'url',
    })
    expect(read.data).toHaveLength(2)
    const fromText = await draw({ response_format: 'url' })
    expect(read.data?.[0]).toEqual(fromText.data[0])
  })

  it('accepts an edit in JSON', async () => {
    const body = { model: 'demo/image', prompt: 'A river', images: [{ image_url: 'x' }] }
    const { data } = await readJson(await createDemo().post('images.edits', body))
    expect(data[0].b64_json).toBe((await draw({})).data[0].b64_json)
  })
})

describe('speech of the demo', () => {
  it('is a WAV file of a quarter of a second', async () => {
    const response = await createDemo().post('audio.speech', { model: 'demo/speech', input: 'One two', voice: 'alloy' })
    const file = await readBytes(response.body)
    expect(response.headers['content-type']).toBe('audio/wav')
    expect(file.toString('latin1', 0, 4) + file.toString('latin1', 8, 16)).toBe('RIFFWAVEfmt ')
    expect(file.readUInt32LE(4)).toBe(file.length - 8)
    expect([file.readUInt16LE(20), file.readUInt16LE(22), file.readUInt32LE(24), file.readUInt16LE(34)]).toEqual([
      1, 1, 24_000, 16,
    ])
    expect(file.toString('latin1', 36, 40)).toBe('data')
    expect(file.readUInt32LE(40)).toBe(file.length - 44)
    const samples = Array.from({ length: (file.length - 44) / 2 }, (_, index) => file.readInt16LE(44 + 2 * index))
    expect(samples).toHaveLength(6_000)
    expect(Math.max(...samples)).toBeGreaterThan(8_000)
  })

  it('has no header as pcm', async () => {
    const body = { model: 'demo/speech', input: 'One two', response_format: 'pcm' }
    const response = await createDemo().post('audio.speech', body)
    expect(response.headers['content-type']).toBe('audio/pcm')
    expect(await readBytes(response.body)).toHaveLength(6_000 * 2)
  })

  it('is readable by OpenAI’s client', async () => {
    const speech = await createSdk(createDemo()).audio.speech.create({
      model: 'demo/speech',
      input: '',
      voice: 'alloy',
    })
    expect((await speech.arrayBuffer()).byteLength).toBe(44 + 6_000 * 2)
  })
})

describe('a transcription of the demo', () => {
  const file = () => new File([new Uint8Array(50_000)], 'a.wav', { type: 'audio/wav' })

  it('reports the size of the upload in the requested format', async () => {
    const { transcriptions, translations } = createSdk(createDemo()).audio
    const model = 'demo/transcribe'
    expect((await transcriptions.create({ file: file(), model })).text).toMatch(/^Weir demo: an upload of 5\d{4} bytes/)
    expect((await translations.create({ file: file(), model })).text).toMatch(/^Weir demo/)
    expect(await transcriptions.create({ file: file(), model, response_format: 'text' })).toMatch(/^Weir demo/)
    expect(await transcriptions.create({ file: file(), model, response_format: 'srt' })).toMatch(/^1\n00:00:00,000 -->/)
    expect(await transcriptions.create({ file: file(), model, response_format: 'vtt' })).toMatch(/^WEBVTT\n/)
    expect(await transcriptions.create({ file: file(), model, response_format: 'verbose_json' })).toMatchObject({
      duration: 1,
      segments: [{ start: 0, end: 1 }],
    })
  })

  it('is streamed on request', async () => {
    const sdk = createSdk(createDemo())
    const events = await sdk.audio.transcriptions.create({ file: file(), model: 'demo/transcribe', stream: true })
    let text = ''
    let ending = ''
    for await (const event of events) {
      if (event.type === 'transcript.text.delta') text += event.delta
      if (event.type === 'transcript.text.done') ending = event.text
    }
    expect(text).toMatch(/^Weir demo/)
    expect(ending).toBe(text)
  })
})

describe('an upload to the demo without its file', () => {
  const parts = {
    words: 'content-disposition: form-data; name="prompt"\r\n\r\n; name="file"',
    long: `content-disposition: form-data; name="prompt"\r\n\r\n${'word '.repeat(5_000)}`,
    file: `Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n${'\0'.repeat(50_000)}`,
    picture: `content-disposition: form-data; name="image[]"; filename="a.png"\r\n\r\n${'\0'.repeat(50_000)}`,
    token: 'content-disposition: form-data; name=file; filename=image\r\n\r\nx',
  }

  /** Sends the form in pieces of `pieceBytes` bytes. */
  async function post(operation: OperationName, names: readonly (keyof typeof parts)[], pieceBytes = 1_000_000) {
    const form = `${names.map((name) => `--b\r\n${parts[name]}\r\n`).join('')}--b--\r\n`
    const stream: ByteStream = {
      start(sink) {
        const bytes = new TextEncoder().encode(form)
        for (let at = 0; at < bytes.length; at += pieceBytes) sink.write(bytes.subarray(at, at + pieceBytes))
        sink.end()
      },
      resume() {},
      cancel() {},
    }
    const type = 'multipart/form-data; boundary=b'
    const response = await createDemo().postRaw(operation, 'demo/form', stream, type)
    return { status: response.status, body: await readJson(response) }
  }

  it.each([
    ['audio.transcriptions', [], 'file'],
    ['audio.transcriptions', ['words', 'long', 'picture'], 'file'],
    ['audio.translations', ['long'], 'file'],
    ['images.edits', ['words', 'file'], 'image'],
  ] as const)('is refused like at OpenAI: %s %j', async (operation, names, param) => {
    const { status, body } = await post(operation, names)
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ type: 'invalid_request_error', param, code: 'missing_required_parameter' })
  })

  it.each([
    ['audio.transcriptions', ['long', 'file', 'long']],
    ['audio.translations', ['token']],
    ['images.edits', ['long', 'picture', 'long']],
  ] as const)(
    'is distinguished from one with the file in the middle, in pieces of any size: %s %j',
    async (operation, names) => {
      for (const pieceBytes of [1, 7, 1_000_000]) expect((await post(operation, names, pieceBytes)).status).toBe(200)
    },
  )

  it('is refused in JSON too', async () => {
    const response = await createDemo().post('images.edits', { model: 'demo/image', prompt: 'A river' })
    expect([response.status, (await readJson(response)).error.param]).toEqual([400, 'image'])
  })
})
