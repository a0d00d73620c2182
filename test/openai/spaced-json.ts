import * as fc from 'fast-check'

/** Any JSON object, with spaces wherever JSON allows them. */
export const jsonObjectText: fc.Arbitrary<string> = fc
  .tuple(
    fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }), { maxKeys: 6 }),
    fc.infiniteStream(fc.constantFrom('', '', ' ', '\n', '\t', '\r\n  ')),
  )
  .map(([value, spaces]) => writeSpaced(value, () => spaces.next().value))

/** Any JSON value, with such spaces. */
export const jsonText: fc.Arbitrary<string> = fc
  .tuple(
    fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }),
    fc.infiniteStream(fc.constantFrom('', '', ' ', '\n', '\t', '\r\n  ')),
  )
  .map(([value, spaces]) => writeSpaced(value, () => spaces.next().value))

/** Returns the nesting depth of a value. */
export function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Object.values(value).reduce<number>((deepest, inner) => Math.max(deepest, depthOf(inner)), 0)
}

export function writeSpaced(value: unknown, space: () => string): string {
  if (Array.isArray(value)) return `[${value.map((item) => spaced(item, space)).join(',') || space()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([name, inner]) => `${space()}${JSON.stringify(name)}${space()}:${spaced(inner, space)}`,
  )
  return `{${members.join(',') || space()}}`
}

function spaced(value: unknown, space: () => string): string {
  return `${space()}${writeSpaced(value, space)}${space()}`
}
