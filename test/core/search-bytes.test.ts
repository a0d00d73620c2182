import { describe, expect, it } from 'vitest'
import { toSearchable } from '../../src/core/search-bytes.ts'

describe('bytes to be searched', () => {
  it('share the memory of the bytes that they come from, a part of a larger one included', () => {
    const part = new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4)
    const searchable = toSearchable(part)
    part[1] = 9
    expect([...searchable]).toEqual([2, 9, 4])
    expect(searchable.indexOf(4)).toBe(2)
    expect(searchable.indexOf(5)).toBe(-1)
  })

  it('are searched by the search of Buffer on Node', () => {
    expect(Buffer.isBuffer(toSearchable(new Uint8Array(3)))).toBe(true)
  })

  it('stay as they are where they can be searched fast already', () => {
    const bytes = Buffer.from('abc')
    expect(toSearchable(bytes)).toBe(bytes)
  })
})
