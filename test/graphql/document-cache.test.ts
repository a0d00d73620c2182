import { type DocumentNode, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createDocumentCache, type DocumentCache, measureDocument } from '../../src/graphql/documents.ts'
import { limits } from '../../src/graphql/limits.ts'

describe('the document cache', () => {
  test('returns the same document for the same query, which reuses its validation', () => {
    const cache = createDocumentCache()
    const document = readValid(cache, '{ models { id } }')
    expect(read(cache, '{ models { id } }')).toBe(document)
  })

  test('evicts the least recently used document when the total length exceeds its maximum', () => {
    const cache = createDocumentCache()
    const length = limits.queryLength
    const queries = Array.from({ length: limits.cachedQueryLength / length }, (_, index) =>
      pad(`{ a${index} }`, length),
    )
    const documents = queries.map((query) => readValid(cache, query))
    expect(read(cache, queries[0] ?? '')).toBe(documents[0])
    readValid(cache, pad('{ one_more }', length))
    expect(read(cache, queries[0] ?? '')).toBe(documents[0])
    expect(read(cache, queries[1] ?? '')).not.toBe(documents[1])
  })

  test('case D2: caches at most 500 documents, and only valid ones (S87)', () => {
    const cache = createDocumentCache()
    const documents = Array.from({ length: 501 }, (_, at) => readValid(cache, `{ a${at} }`))
    expect(read(cache, '{ a0 }')).not.toBe(documents[0])
    expect(read(cache, '{ a1 }')).toBe(documents[1])
    expect(read(cache, '{ unknown }')).not.toBe(read(cache, '{ unknown }'))
  })

  test('does not cache a refused query', () => {
    const cache = createDocumentCache()
    expect(cache.read('{')).toMatchObject({ kind: 'malformed' })
    expect(cache.read('{')).not.toBe(cache.read('{'))
    const deep = `${'{ a '.repeat(20)}${'}'.repeat(20)}`
    for (let time = 0; time < 2; time++) expect(() => cache.read(deep)).toThrow(/more than 8 levels/)
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

  test('is computed without following every path', () => {
    const fragments = Array.from(
      { length: 60 },
      (_, index) => `fragment F${index} on Q { ...F${index + 1} ...F${index + 1} }`,
    )
    const size = measureDocument(parse(`{ ...F0 } ${fragments.join(' ')} fragment F60 on Q { a }`))
    expect(size.fields).toBe(2 ** 60)
  })
})

function read(cache: DocumentCache, query: string): DocumentNode {
  const parsed = cache.read(query)
  if (parsed.kind === 'malformed') throw parsed.error
  return parsed.document
}

function readValid(cache: DocumentCache, query: string): DocumentNode {
  const document = read(cache, query)
  cache.add(document)
  return document
}

function pad(query: string, length: number): string {
  return `${query}${' '.repeat(length - query.length)}`
}
