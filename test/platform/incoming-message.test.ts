import { Socket } from 'node:net'
import { setImmediate as nextMacrotask } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { NodeIncomingMessage } from '../../src/platform/node/server/incoming-message.ts'

function open() {
  const request = new NodeIncomingMessage(new Socket())
  const pieces: string[] = []
  request.on('data', (piece: Uint8Array) => void pieces.push(Buffer.from(piece).toString('latin1')))
  return { request, pieces }
}

test('case D3: one-byte chunks are merged to one chunk per tick, in order, and the socket is read only once per tick', async () => {
  const { request, pieces } = open()
  await nextMacrotask()
  const sent = Array.from({ length: 10_000 }, (_, at) => String.fromCharCode(97 + (at % 26))).join('')
  const results = [...sent].map((byte) => request.push(Buffer.from(byte)))
  expect(results.at(-1)).toBe(false)
  expect(pieces.length).toBeLessThan(100)
  await nextMacrotask()
  expect(pieces.join('')).toBe(sent)
  request.push(Buffer.from('x'))
  await nextMacrotask()
  expect(pieces.at(-1)).toBe('x')
})

test('merged chunks are passed on before later long chunks and the end', async () => {
  const { request, pieces } = open()
  const ended = new Promise<void>((resolve) => void request.once('end', resolve))
  for (let at = 0; at < 200; at++) request.push(Buffer.from('a'))
  request.push(Buffer.alloc(2_000, 'b'))
  for (let at = 0; at < 70_000; at += 1_000) request.push(Buffer.alloc(1_000, 'c'))
  request.push(null)
  await ended
  expect(pieces.join('')).toBe('a'.repeat(200) + 'b'.repeat(2_000) + 'c'.repeat(70_000))
})

test('a body of a few chunks passes through unchanged', async () => {
  const { request, pieces } = open()
  await nextMacrotask()
  expect(request.push(Buffer.from('{}'))).toBe(true)
  expect(pieces).toEqual(['{}'])
})
