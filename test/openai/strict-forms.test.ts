import { expect, test } from 'vitest'
import { type ByteSink, type ByteStream, concat } from '../../src/core/byte-stream.ts'
import { parseFormType } from '../../src/openai/form-boundary.ts'
import { peekForm } from '../../src/openai/peek-form.ts'
import { openShare } from '../support/open-share.ts'
import { clientForms, type FormVariant, oddForms, oddValues } from './form-variants.ts'

test.each(clientForms)('S81 case D1: accepts the form of $how, with any chunk size', async (form) => {
  for (const size of [1, 2, 3, 7, 1_000]) {
    const { passed, error } = await pass(form, size)
    expect(error).toBeUndefined()
    expect(passed).toBe(form.body)
  }
})

test.each(oddForms)('S85 case D1: rejects a form with $how, and never passes all of it', async (form) => {
  for (const size of [1, 2, 3, 7, 1_000]) {
    const { passed, error } = await pass(form, size)
    expect(error).toMatchObject({ code: 'invalid_form', status: 400 })
    expect(passed).not.toContain('--aaa--')
  }
})

test.each(oddValues)('S85 case D1: rejects a form with $how', async (form) => {
  const { error } = await pass(form, 7, 1_000)
  expect(error).toMatchObject({ code: 'invalid_form', status: 400 })
})

test.each([
  [1, 'a\r\n'],
  [2, '\r\n'],
])('case D1: passes a value that ends in a line break (%i)', async (_count, value) => {
  const body = `--aaa\r\ncontent-disposition: form-data; name="prompt"\r\n\r\n${value}\r\n--aaa--\r\n`
  expect(await pass({ how: '', type: 'multipart/form-data; boundary=aaa', body }, 1)).toEqual({ passed: body })
})

test('S86 S58 case D1: rejects another spelling of a field that Weir reads', async () => {
  for (const name of ['Model', 'ſize', 'meta\u212aata']) {
    const body = `--aaa\r\ncontent-disposition: form-data; name="${name}"\r\n\r\ndear\r\n--aaa--\r\n`
    const { error } = await pass({ how: '', type: 'multipart/form-data; boundary=aaa', body }, 1_000)
    if (name === 'meta\u212aata') expect(error).toBeUndefined()
    else expect(error).toMatchObject({ code: 'invalid_value', param: name })
  }
})

test('S87 case D1: rejects more than a thousand parts, and headers over 16 KiB', async () => {
  const part = '--aaa\r\ncontent-disposition: form-data; name="x"\r\n\r\n\r\n'
  const long = `--aaa\r\ncontent-disposition: form-data; name="x"\r\nx-fill: ${'x'.repeat(17_000)}\r\n\r\n\r\n`
  const type = 'multipart/form-data; boundary=aaa'
  expect((await pass({ how: '', type, body: `${part.repeat(1_000)}--aaa--` }, 1_000)).error).toBeUndefined()
  for (const body of [`${part.repeat(1_001)}--aaa--`, `${long}--aaa--`])
    expect((await pass({ how: '', type, body }, 1_000)).error).toMatchObject({ code: 'invalid_form' })
})

/** Sends a form in chunks of `size` bytes through a window of `windowBytes`; returns the passed bytes and the error. */
async function pass(
  { type, body }: FormVariant,
  size: number,
  windowBytes = 100,
): Promise<{ passed: string; error?: unknown }> {
  const bytes = new TextEncoder().encode(body)
  const chunks: Uint8Array[] = []
  const text = () => new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(concat(chunks, sum(chunks)))
  try {
    const peek = await peekForm(cut(bytes, size), parseFormType(type), windowBytes, 0, openShare())
    return await new Promise((resolve) => {
      peek.toStream(undefined).stream.start({
        write(chunk) {
          chunks.push(chunk.slice())
          return true
        },
        end: () => resolve({ passed: text() }),
        fail: (error) => resolve({ passed: text(), error }),
      })
    })
  } catch (error) {
    return { passed: '', error }
  }
}

function sum(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((total, { length }) => total + length, 0)
}

function cut(bytes: Uint8Array, size: number): ByteStream {
  let at = 0
  let sink: ByteSink | undefined
  let isOver = false
  function flow(): void {
    while (!isOver && at < bytes.length) {
      const chunk = bytes.subarray(at, at + size)
      at += size
      if (sink?.write(chunk) === false) return
    }
    if (!isOver) {
      isOver = true
      sink?.end()
    }
  }
  return {
    start(target) {
      sink = target
      flow()
    },
    resume: flow,
    cancel() {
      isOver = true
    },
  }
}
