import { describe, expect, it } from 'vitest'
import { toSearchable } from '../../src/core/search-bytes.ts'

describe('searchable bytes', () => {
  it('share the memory of the original bytes, also of a subarray', () => {
    const part = new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 4)
    const searchable = toSearchable(part)
    part[1] = 9
    expect([...searchable]).toEqual([2, 9, 4])
    expect(searchable.indexOf(4)).toBe(2)
    expect(searchable.indexOf(5)).toBe(-1)
  })

  it('are a Buffer on Node', () => {
    expect(Buffer.isBuffer(toSearchable(new Uint8Array(3)))).toBe(true)
  })

  it('are the original bytes if these are already a Buffer', () => {
    const bytes = Buffer.from('abc')
    expect(toSearchable(bytes)).toBe(bytes)
  })
})
