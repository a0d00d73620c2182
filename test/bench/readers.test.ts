import { expect, test } from 'vitest'
import { createResponseReader } from '../../bench/load/create-response-reader.ts'
import { createRequestReader } from '../../bench/upstream/create-request-reader.ts'
import { createWholeResponse } from '../../bench/upstream/create-whole-response.ts'
import { streamOf } from '../../bench/upstream/stream-of.ts'

const sizes = [1, 2, 3, 7, 64, 1_000, 100_000]

test.each(sizes)('the load reads consecutive responses, split every %i bytes', (size) => {
  const { whole } = streamOf(3, true)
  const bytes = Buffer.concat([createWholeResponse('json', 600), whole, createWholeResponse('error', 429), whole])
  const seen: { status: number; bodyBytes: number; tail: string }[] = []
  const read = createResponseReader({ sawBody: () => {}, sawEnd: (response) => void seen.push(response) })
  for (const part of cut(bytes, size)) read(part)
  expect(seen.map(({ status }) => status)).toEqual([200, 200, 429, 200])
  expect(seen[0]).toMatchObject({ bodyBytes: 600 })
  expect(seen.map(({ tail }) => tail.endsWith('data: [DONE]\n\n'))).toEqual([false, true, false, true])
})

test.each(sizes)('the upstream reads consecutive requests, split every %i bytes', (size) => {
  const toRequest = (body: string) => `POST /v1 HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const fronts: string[] = []
  const read = createRequestReader((front) => void fronts.push(front))
  for (const part of cut(Buffer.from(toRequest('one') + toRequest('x'.repeat(9_000)) + toRequest('')), size)) read(part)
  expect(fronts.map((front) => front.length)).toEqual([toRequest('one').length, 4_096, toRequest('').length])
})

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}
