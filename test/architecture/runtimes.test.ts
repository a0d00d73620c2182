import { expect, test } from 'vitest'
import { readSourceFiles } from './source-files.ts'

// Bun replaces packages of these names with its own implementations, which lack features that Weir needs. It does not
// replace a file of a package.
const replacedByBun = new Set(['undici', 'ws', 'node-fetch', 'isomorphic-fetch', 'abort-controller'])

test('no import uses a name that Bun replaces', () => {
  const found = readSourceFiles('src').flatMap(({ path, imports }) =>
    imports.filter(({ specifier }) => replacedByBun.has(specifier)).map(({ specifier }) => `${path}: ${specifier}`),
  )
  expect(found).toEqual([])
})

test('only Node code imports undici, under any name', () => {
  const found = readSourceFiles('src').filter(({ imports }) =>
    imports.some(({ specifier }) => /^undici\b/.test(specifier)),
  )
  expect(found.map(({ path }) => path).filter((path) => !path.startsWith('src/platform/node/'))).toEqual([])
})
