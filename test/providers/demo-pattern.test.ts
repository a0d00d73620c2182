import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { samplePattern } from '../../src/providers/demo/schema/sample-pattern.ts'

describe('samplePattern', () => {
  it.each([
    '^@[a-zA-Z0-9_]+$',
    '^\\d{3}-\\d{4}$',
    '^(foo|bar)?baz*$',
    '^[^a-z]{2,}$',
    '^(?:[A-Z]{2})(?<number>\\d+)$',
    '^#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})$',
    '^\\+?[1-9]\\d{1,14}$',
    '^[\\w.-]+@[\\w-]+\\.[a-z]{2,}$',
    '^\\p{Lu}\\p{L}*$',
    '^\\u{1F600}[\\u0041-\\u0043]\\x2d.$',
    '^[-+*/]$',
    '^\\S+\\s\\W\\D$',
    '^水+$',
    '^😀{3}$',
    '^a{2,4}?b{0}$',
    '^v\\d+\\.\\d+(-[a-z]+)?$',
  ])('makes a text that matches %s', (pattern) => {
    expect(samplePattern(pattern, { least: 0, most: 1_000 })).toMatch(new RegExp(pattern, 'u'))
  })

  it('repeats as often as a length wants', () => {
    expect(samplePattern('^[a-z]+$', { least: 30, most: 100 }).length).toBeGreaterThanOrEqual(30)
    expect(samplePattern('^[a-z]+$', { least: 0, most: 2 })).toBe('d')
  })

  it('ends on patterns that are broken, nested or huge', () => {
    const lengths = { least: 0, most: 100 }
    for (const pattern of [
      '(',
      ')',
      '[',
      '\\',
      '(?',
      '(((a{9999}){9999}){9999}){9999}',
      '('.repeat(100_000),
      'a{',
      '*',
      '[z-a]',
    ]) {
      expect(samplePattern(pattern, lengths).length).toBeLessThan(20_000)
    }
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'()[]{}|\\^$.*+?-:<=!,019adpuxDP') }), (pattern) => {
        expect(samplePattern(pattern, lengths)).toBeTypeOf('string')
      }),
    )
  })
})
