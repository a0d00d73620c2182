import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'
import { describe, expect, test } from 'vitest'
import { listFiles, projectRoot } from './source-files.ts'

// The project uses the terms of its field. These tables keep retired words out of names, messages and titles.

interface Retired {
  readonly pattern: RegExp
  /** The term to use in its place. */
  readonly instead: string
  /** The finds that stay, each with the reason. */
  readonly allowed?: Readonly<Record<string, string>>
}

const retiredNames: readonly Retired[] = [
  { pattern: /^most[A-Z]/, instead: 'max…' },
  { pattern: /^least[A-Z]/, instead: 'min…' },
  { pattern: /^longest[A-Z]/, instead: 'max…' },
  { pattern: /^([A-Z]\w*)?Answer$/, instead: '…Response' },
  { pattern: /Inbound/, instead: 'IncomingRequest' },
  {
    pattern: /Visit(?!or)/,
    instead: 'RequestContext',
    allowed: { maxVisits: 'a walk through a JSON schema visits its nodes' },
  },
  { pattern: /^otherwise$/, instead: 'fallback, default' },
  { pattern: /^isOn$/, instead: 'isEnabled, enabled' },
  { pattern: /^canBeCarried$/, instead: 'canOffload' },
  { pattern: /^planAttempts$/, instead: 'planTargets' },
  { pattern: /^admitWithoutKey$/, instead: 'anonymousCaller' },
  { pattern: /Standing/, instead: 'LimitStatus' },
  { pattern: /PatientLedger/, instead: 'RetryingLedger' },
  { pattern: /CounterBook/, instead: 'CounterCache' },
  { pattern: /ChainFinder/, instead: 'KeyChainCache' },
  { pattern: /^openBooks$/, instead: 'openLedger' },
  { pattern: /^tendBooks$/, instead: 'maintainUsage' },
  { pattern: /^believe/, instead: 'trust…, serveStale' },
]

const retiredPhrases: readonly Retired[] = [
  { pattern: /must be a text/i, instead: 'must be a string' },
  { pattern: /keeps no books/i, instead: 'metering is off' },
  { pattern: /\bthe books\b/i, instead: 'the ledger, usage records' },
  { pattern: /\bset aside\b/i, instead: 'reserve, reserved' },
  { pattern: /\bany more\b/i, instead: 'no longer' },
  { pattern: /a word too many/i, instead: 'unexpected argument' },
  { pattern: /call it otherwise/i, instead: 'rename it' },
  { pattern: /\bnobody\b/i, instead: 'the person or program that is meant' },
  { pattern: /\bwhoever\b/i, instead: 'the person or program that is meant' },
  { pattern: /\bso that\b/i, instead: 'two sentences, or "to" with a verb' },
]

const sources = ['src', 'scripts', 'dashboard/src']
  .flatMap(listFiles)
  .filter((path) => /\.(tsx?|mjs)$/.test(path) && !path.includes('.generated.'))
  .map((path) => ({ path, ...readWords(path, readFileSync(join(projectRoot, path), 'utf8')) }))

describe.each(retiredNames)('$instead replaces the name $pattern', (retired) => {
  test('in the code', () => {
    expect(sources.flatMap(({ path, names }) => find(retired, path, names))).toEqual([])
  })
})

describe.each(retiredPhrases)('"$instead" replaces $pattern', (retired) => {
  test('in strings of the code', () => {
    expect(sources.flatMap(({ path, strings }) => find(retired, path, strings))).toEqual([])
  })

  test('in README.md', () => {
    expect(find(retired, 'README.md', readFileSync(join(projectRoot, 'README.md'), 'utf8').split('\n'))).toEqual([])
  })

  test('in titles of the documents', () => {
    const documents = listFiles('docs').filter((path) => path.endsWith('.md'))
    const titlesOf = (path: string) => readFileSync(join(projectRoot, path), 'utf8').match(/^#+ .*$/gm) ?? []
    expect(documents.flatMap((path) => find(retired, path, titlesOf(path)))).toEqual([])
  })
})

test('finds names and strings, and exempts imports', () => {
  const { names, strings } = readWords(
    'sample.tsx',
    "import { Visit } from './set-aside.ts'\nclass A { #mostBytes = ['set aside', `the books`] }\nexport const b = <p>any more</p>\n",
  )
  expect(names).toEqual(['A', 'mostBytes', 'b', 'p', 'p'])
  expect(strings).toEqual(['set aside', 'the books', 'any more'])
})

function find({ pattern, allowed = {} }: Retired, path: string, words: readonly string[]): readonly string[] {
  const found = words.filter((word) => pattern.test(word) && allowed[word] === undefined)
  return [...new Set(found)].map((word) => `${path}: ${word.trim().slice(0, 200)}`)
}

/** Collects the identifiers and the strings of a file. Another module chooses the names that a file imports. */
function readWords(
  path: string,
  code: string,
): { readonly names: readonly string[]; readonly strings: readonly string[] } {
  const { program, errors } = parseSync(path, code)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const names: string[] = []
  const strings: string[] = []
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const item of node) walk(item)
      return
    }
    if (typeof node !== 'object' || node === null || !('type' in node)) return
    const { type, name, value } = node as { readonly type: unknown; readonly name?: unknown; readonly value?: unknown }
    if (type === 'ImportDeclaration' || type === 'ImportExpression') return
    if (/^(JSX|Private)?Identifier$/.test(String(type)) && typeof name === 'string') names.push(name)
    if ((type === 'Literal' || type === 'JSXText') && typeof value === 'string') strings.push(value)
    if (type === 'TemplateElement') strings.push(String(Object(value).cooked ?? Object(value).raw))
    // The module that a file exports from is a path, as in an import.
    const { source: _, ...children } = node as { readonly source?: unknown }
    for (const child of Object.values(String(type).startsWith('Export') ? children : node)) walk(child)
  }
  walk(program)
  return { names, strings }
}
