import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ByteStream, gather } from '../../src/core/byte-stream.ts'
import { peekForm } from '../../src/openai/peek-form.ts'
import { openShare } from '../support/open-share.ts'

const boundary = '----WebKitFormBoundary7MA4YWxkTrZu0gW'
const type = { boundary, isLatin1: false }
const window = 1_000_000
/** Bytes read for fields after the model. */
const fieldBytes = 1_000

interface Part {
  readonly head: string
  readonly value: string
}

const model: Part = { head: 'Content-Disposition: form-data; name="model"', value: 'whisper-1' }
const file: Part = {
  head: 'Content-Disposition: form-data; name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg',
  value: '\r\n--not the boundary\r\n\r\nname="model"\r\n',
}

test.each([
  ['before the file', [model, file]],
  ['after the file', [file, model]],
])('finds the model %s and renames it, with any chunk boundaries', async (_position, parts) => {
  const whole = toForm(parts)
  const renamed = toForm(parts.map((part) => (part === model ? { ...model, value: 'groß/3' } : part)))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), async (sizes) => {
      const { peek, sent } = await peekAt(whole, sizes)
      expect(peek.model).toBe('whisper-1')
      const { stream, lengthChange } = peek.toStream('groß/3')
      const bytes = await gather(stream)
      expect(toText(bytes)).toBe(renamed)
      expect(bytes.length - sent).toBe(lengthChange)
    }),
    { numRuns: 40 },
  )
})

test('passes any bytes unchanged if nothing is renamed', async () => {
  const pieces = fc.constantFrom('\r\n', '--', boundary, '; name="model"', '\r\n\r\n', 'x', '\u00ff')
  await fc.assert(
    fc.asyncProperty(
      fc.array(pieces),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (texts, sizes) => {
        const body = texts.join('')
        const { outcome } = await toResult(body, sizes)
        if (outcome !== undefined) expect(toText(outcome)).toBe(body)
      },
    ),
  )
})

test.each([
  ['without quotes', 'content-disposition:form-data;name=model'],
  ['in other case', 'CONTENT-DISPOSITION: Form-Data; NAME="model"'],
  ['with a type', 'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="model"'],
])('finds the field %s', async (_how, head) => {
  expect((await peekAt(toForm([file, { head, value: 'tts-1' }]))).peek.model).toBe('tts-1')
})

test.each([
  ['a file whose name looks like it', 'Content-Disposition: form-data; name="file"; filename="x; name=model"'],
  ['a file whose name has a quote', 'Content-Disposition: form-data; name="file"; filename="x; name=model\\""'],
  [
    'another header',
    'X-Note: content-disposition: form-data; name="model"\r\nContent-Disposition: form-data; name="file"',
  ],
  ['a longer name', 'Content-Disposition: form-data; name="model[]"'],
])('S58 S81 does not read %s as the model', async (_kind, head) => {
  expect((await peekAt(toForm([{ head, value: 'cheap' }, model]))).peek.model).toBe('whisper-1')
})

test.each([
  ['in the same chunk', 1_000],
  ['later', 1],
])('S58 rejects a second model that arrives %s', async (_when, size) => {
  const { outcome, error } = await toResult(toForm([model, file, { ...model, value: 'other' }]), [size])
  expect(outcome).toBeUndefined()
  expect(error).toMatchObject({ code: 'invalid_value', param: 'model' })
})

test('returns an empty model as an empty string', async () => {
  expect((await peekAt(toForm([{ ...model, value: '' }, file]))).peek.model).toBe('')
})

test('buffers at most the window before it passes the body', async () => {
  const whole = toForm([{ ...file, value: 'x'.repeat(10_000) }, model])
  const source = createSource(whole, [100])
  const peek = await peekForm(source.stream, type, 1_000, fieldBytes, openShare())
  expect(peek.model).toBeUndefined()
  expect(source.sent()).toBe(1_000)
  expect(toText(await gather(peek.toStream(undefined).stream))).toBe(whole)
})

test('scans each byte once while it waits for the model', async () => {
  const whole = toForm([{ ...file, value: '\r\n--'.repeat(500_000) }, model])
  expect((await peekAt(whole, [1_000])).peek.model).toBe('whisper-1')
})

test('S62 reads headers that arrive byte by byte in linear time', async () => {
  const parts = Array.from({ length: 10 }, () => ({
    head: `X-Fill: ${'x'.repeat(15_000)}\r\n${file.head}`,
    value: '',
  }))
  expect((await peekAt(toForm([...parts, model]), [1])).peek.model).toBe('whisper-1')
})

test('fails with the error of its source, before and after the model', async () => {
  const broken = new Error('the body broke off')
  await expect(peekForm(createFailing(toForm([file]).slice(0, 40), broken), type, window, 0, openShare())).rejects.toBe(
    broken,
  )
  const peek = await peekForm(createFailing(toForm([model, file]).slice(0, -9), broken), type, window, 0, openShare())
  await expect(gather(peek.toStream('tts-1').stream)).rejects.toBe(broken)
})

test('case C7: reads the fields around a short file as in JSON, with any chunk boundaries', async () => {
  const field = (name: string, value: string): Part => ({
    head: `Content-Disposition: form-data; name="${name}"`,
    value,
  })
  const whole = toForm([
    model,
    field('n', '10'),
    field('size', '1024x1024'),
    field('metadata[team]', 'blue'),
    field('unread', 'x'),
    file,
    field('stream', 'True'),
    field('user', 'null'),
    field('prompt', 'groß'),
  ])
  for (const sizes of [[1], [7], [65_536]]) {
    const { peek } = await peekAt(whole, sizes)
    expect(peek.fields).toEqual({
      model: 'whisper-1',
      n: 10,
      size: '1024x1024',
      stream: true,
      prompt: 'groß',
      metadata: { team: 'blue' },
    })
    expect([peek.files, peek.length]).toEqual([1, new TextEncoder().encode(whole).length])
  }
})

test('case C7: reads `fieldBytes` after the model, and does not treat the buffered part as the whole body', async () => {
  const count = { head: 'Content-Disposition: form-data; name="n"', value: '10' }
  const { peek } = await peekAt(
    toForm([
      model,
      count,
      { ...file, value: 'x'.repeat(10_000) },
      { ...count, head: count.head.replace('"n"', '"size"') },
    ]),
    [100],
  )
  expect([peek.fields, peek.files, peek.length]).toEqual([{ model: 'whisper-1', n: 10 }, 1, undefined])
})

test.each(['n', 'size', 'quality', 'stream', 'user'])('S58 case C7: rejects a second `%s`', async (name) => {
  const part = { head: `Content-Disposition: form-data; name="${name}"`, value: '1' }
  const { error } = await toResult(toForm([model, part, { ...file, value: 'x'.repeat(10_000) }, part]), [100])
  expect(error).toMatchObject({ code: 'invalid_value', param: name })
})

test('case C7: keeps at most as many `metadata` entries as OpenAI accepts', async () => {
  const entries = Array.from({ length: 900 }, (_, index) => ({
    head: `Content-Disposition: form-data; name="metadata[m${index}]"`,
    value: 'x',
  }))
  const { peek } = await peekAt(toForm([...entries, model]))
  expect(Object.keys(peek.fields.metadata as object)).toHaveLength(16)
})

function toForm(parts: readonly Part[]): string {
  const texts = parts.map(({ head, value }) => `--${boundary}\r\n${head}\r\n\r\n${value}\r\n`)
  return `${texts.join('')}--${boundary}--\r\n`
}

async function peekAt(body: string, sizes: readonly number[] = [65_536]) {
  const source = createSource(body, sizes)
  const peek = await peekForm(source.stream, type, window * 10, fieldBytes, openShare())
  return { peek, sent: new TextEncoder().encode(body).length }
}

/** Returns the whole body, or the error. */
async function toResult(body: string, sizes: readonly number[]): Promise<{ outcome?: Uint8Array; error?: unknown }> {
  try {
    const peek = await peekForm(createSource(body, sizes).stream, type, window, fieldBytes, openShare())
    return { outcome: await gather(peek.toStream(undefined).stream) }
  } catch (error) {
    return { error }
  }
}

/** Sends the body in chunks of the given sizes, in rotation, with backpressure. */
function createSource(body: string, sizes: readonly number[]) {
  const bytes = new TextEncoder().encode(body)
  let at = 0
  let index = 0
  let sink: Parameters<ByteStream['start']>[0] | undefined
  let isCancelled = false
  function flow(): void {
    while (!isCancelled && at < bytes.length) {
      const chunk = bytes.slice(at, at + (sizes[index++ % sizes.length] ?? 1))
      at += chunk.length
      if (sink?.write(chunk) === false) return
    }
    if (!isCancelled) sink?.end()
    isCancelled = true
  }
  const stream: ByteStream = {
    start(target) {
      sink = target
      flow()
    },
    resume: flow,
    cancel() {
      isCancelled = true
    },
  }
  return { stream, sent: () => at }
}

function createFailing(body: string, error: Error): ByteStream {
  const { stream } = createSource(body, [7])
  return { ...stream, start: (sink) => stream.start({ ...sink, end: () => sink.fail(error) }) }
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
