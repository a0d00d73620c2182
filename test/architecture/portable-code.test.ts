import { Visitor } from 'vite'
import { expect, test } from 'vitest'
import { readSourceFiles, type SourceFile } from './source-files.ts'

const portable = readSourceFiles('src').filter((file) => !file.path.startsWith('src/platform/'))

test('portable code gets time, randomness, network and environment from its ports', () => {
  expect(portable.flatMap((file) => findEffects(file).map((effect) => `${file.path}: ${effect}`))).toEqual([])
})

test('portable code imports no Node or Cloudflare modules', () => {
  const found = portable.flatMap((file) =>
    file.imports
      .filter(({ specifier }) => /^(node|cloudflare|bun|deno):/.test(specifier) || specifier === 'undici')
      .map(({ specifier }) => `${file.path}: ${specifier}`),
  )
  expect(found).toEqual([])
})

const effectMembers = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'crypto.randomUUID',
  'crypto.getRandomValues',
])
const effectGlobals = new Set(['fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'])
const effectObjects = new Set(['process', 'console', 'globalThis', 'Bun', 'Deno'])

/** Finds uses of globals; a parameter or a property of the same name is not one. */
function findEffects({ program }: SourceFile): readonly string[] {
  const found: string[] = []
  new Visitor({
    MemberExpression({ object, property }) {
      if (object.type !== 'Identifier' || property.type !== 'Identifier') return
      const member = `${object.name}.${property.name}`
      if (effectMembers.has(member) || effectObjects.has(object.name)) found.push(member)
    },
    CallExpression({ callee }) {
      if (callee.type === 'Identifier' && effectGlobals.has(callee.name)) found.push(`${callee.name}(…)`)
    },
    NewExpression({ callee, arguments: given }) {
      if (callee.type === 'Identifier' && callee.name === 'Date' && given.length === 0) found.push('new Date()')
    },
  }).visit(program)
  return found
}
