import { parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createDocumentCache, measureDocument } from '../../src/graphql/documents.ts'
import { limits } from '../../src/graphql/limits.ts'

describe('the cache of documents', () => {
  test('gives the same text the same document, so that its validation is remembered', () => {
    const cache = createDocumentCache()
    expect(cache.read('{ models { id } }')).toBe(cache.read('{ models { id } }'))
    expect(cache.read('{')).toMatchObject({ kind: 'malformed' })
    expect(cache.read('{')).toBe(cache.read('{'))
  })

  test('forgets what was used longest ago once its texts are too long together', () => {
    const cache = createDocumentCache()
    const length = limits.queryLength
    const queries = Array.from({ length: limits.cachedQueryLength / length }, (_, index) =>
      pad(`{ a${index} }`, length),
    )
    const documents = queries.map(cache.read)
    expect(cache.read(queries[0] ?? '')).toBe(documents[0])
    cache.read(pad('{ one_more }', length))
    expect(cache.read(queries[0] ?? '')).toBe(documents[0])
    expect(cache.read(queries[1] ?? '')).not.toBe(documents[1])
  })

  test('keeps nothing of what it refuses', () => {
    const cache = createDocumentCache()
    const deep = `${'{ a '.repeat(20)}${'}'.repeat(20)}`
    for (let time = 0; time < 2; time++) expect(() => cache.read(deep)).toThrow(/over 8 levels/)
  })
})

describe('the size of a document', () => {
  test.each([
    ['{ a { b c } }', { depth: 2, fields: 3 }],
    ['{ x: a @skip(if: true) @include(if: true) { y: b } }', { depth: 2, fields: 2, aliases: 2, directives: 2 }],
    ['{ ...F ...F } fragment F on Q { z: a { b } }', { depth: 2, fields: 4, aliases: 2 }],
    ['{ ... on Q @x { a } }', { depth: 1, fields: 1, directives: 1 }],
    ['{ ...F } fragment F on Q { a { ...G } } fragment G on T { b { ...F } }', { depth: 2, fields: 2 }],
    ['{ ...Unknown }', { depth: 0, fields: 0 }],
    ['{ __schema { types { fields { name } } } }', { depth: 1, fields: 1 }],
    ['query A($v: Int @x) { a } mutation B { b }', { depth: 1, fields: 2, directives: 1 }],
  ])('counts fragments where they are used: %s', (query, size) => {
    expect(measureDocument(parse(query))).toEqual({ aliases: 0, directives: 0, ...size })
  })

  test('is found without following every path', () => {
    const fragments = Array.from(
      { length: 60 },
      (_, index) => `fragment F${index} on Q { ...F${index + 1} ...F${index + 1} }`,
    )
    const size = measureDocument(parse(`{ ...F0 } ${fragments.join(' ')} fragment F60 on Q { a }`))
    expect(size.fields).toBe(2 ** 60)
  })
})

function pad(query: string, length: number): string {
  return `${query}${' '.repeat(length - query.length)}`
}
