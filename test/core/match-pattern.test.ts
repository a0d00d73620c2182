import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matchesAny, matchesPattern } from '../../src/core/match-pattern.ts'

it.each([
  ['gpt-4o', 'gpt-4o', true],
  ['gpt-4o', 'GPT-4o', false],
  ['gpt-4o', 'gpt-4o-mini', false],
  ['gpt-*', 'gpt-4o', true],
  ['gpt-*', 'gpt-', true],
  ['gpt-*', 'openai/gpt-4o', false],
  ['*', '', true],
  ['*', 'a/b c', true],
  ['openai/*', 'openai/gpt-4o/x', true],
  ['*-mini', 'gpt-4o-mini', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['*a*b*', 'xaxxbx', true],
  ['*a*b*', 'xbxxax', false],
  ['ab*ab', 'abab', true],
  ['ab*ab', 'ab', false],
  ['**', 'x', true],
  ['', '', true],
  ['', 'x', false],
  ['.*', 'x', false],
  ['g?t', 'gpt', false],
])('S58 %j matches %j: %s', (pattern, text, expected) => {
  expect(matchesPattern(pattern, text)).toBe(expected)
})

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), maxLength: 8 })

it('agrees with a regular expression', () => {
  const toExpression = (pattern: string) => new RegExp(`^${pattern.split('*').join('[^]*')}$`)
  fc.assert(
    fc.property(letters, letters, (pattern, text) => {
      expect(matchesPattern(pattern, text)).toBe(toExpression(pattern).test(text))
    }),
    { numRuns: 5_000 },
  )
})

it('matches a pattern that would make a backtracking matcher slow', () => {
  expect(matchesPattern(`${'*a'.repeat(100)}b`, 'a'.repeat(100_000))).toBe(false)
})

it('S35 a pattern that another pattern matches as a string matches only strings that the other matches', () => {
  const replacementsOfStars = fc.array(letters, { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(letters, letters, replacementsOfStars, (inner, outer, pieces) => {
      fc.pre(matchesPattern(outer, inner))
      const text = inner.split('*').reduce((whole, part, index) => whole + (pieces[index - 1] ?? '') + part)
      expect(matchesPattern(inner, text)).toBe(true)
      expect(matchesPattern(outer, text)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

it('requires one of several patterns to match', () => {
  expect(matchesAny(['a', 'b*'], 'bc')).toBe(true)
  expect(matchesAny(['a', 'b*'], 'c')).toBe(false)
  expect(matchesAny([], 'c')).toBe(false)
})
