import { expect, test } from 'vitest'
import { Buffers } from '../../src/core/buffers.ts'

const kibibyte = 1_024

test('R08 S87 grants half of the allowed growth of the process, and releases a share only once', () => {
  const buffers = new Buffers(8_192 * kibibyte)
  const [one, two] = [buffers.open(), buffers.open()]
  expect(buffers.maxShareBytes).toBe(3_968 * kibibyte)
  expect(one.take(3_000 * kibibyte)).toBe(true)
  expect(two.take(1_000 * kibibyte)).toBe(false)
  expect(two.bytes).toBe(0)
  one.release()
  one.release()
  expect(buffers.heldBytes).toBe(0)
  expect(two.take(1_000 * kibibyte)).toBe(true)
})

test('R08 S87 reserves room for small requests while large ones fill the rest', () => {
  const buffers = new Buffers(8_192 * kibibyte)
  const large = buffers.open()
  large.require(buffers.maxShareBytes)
  expect(large.take(1)).toBe(false)
  expect(buffers.open().take(64 * kibibyte)).toBe(true)
  expect(buffers.open().take(64 * kibibyte)).toBe(true)
  expect(buffers.open().take(1)).toBe(false)
})

test('a share can always shrink, and its error distinguishes bytes that never fit from bytes that do not fit now', () => {
  const buffers = new Buffers(1_024 * kibibyte)
  const share = buffers.open()
  share.require(400 * kibibyte)
  const tooLarge = () => new Error('too large')
  expect(() => buffers.open().require(300 * kibibyte, tooLarge)).toThrow(/Send the request again/)
  expect(() => buffers.open().require(600 * kibibyte, tooLarge)).toThrow('too large')
  expect(share.resize(10)).toBe(true)
  expect(buffers.heldBytes).toBe(10)
})
