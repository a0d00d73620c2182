import { expect, test } from 'vitest'
import { readSourceFiles } from './source-files.ts'

// Bun answers to these names with parts of its own that lack what Weir needs; to a file of the package it does not.
const replacedByBun = new Set(['undici', 'ws', 'node-fetch', 'isomorphic-fetch', 'abort-controller'])

test('nothing is imported by a name that Bun gives a meaning of its own', () => {
  const found = readSourceFiles('src').flatMap(({ path, imports }) =>
    imports.filter(({ specifier }) => replacedByBun.has(specifier)).map(({ specifier }) => `${path}: ${specifier}`),
  )
  expect(found).toEqual([])
})

test('undici stays on Node, by whichever name it is imported', () => {
  const found = readSourceFiles('src').filter(({ imports }) =>
    imports.some(({ specifier }) => /^undici\b/.test(specifier)),
  )
  expect(found.map(({ path }) => path).filter((path) => !path.startsWith('src/platform/node/'))).toEqual([])
})
