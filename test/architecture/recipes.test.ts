import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot, readSourceFiles } from './source-files.ts'

/** A past change of the kind that a recipe describes. */
interface Sample {
  readonly recipe: string
  /** Matches each source that the change touched. */
  readonly trace: RegExp
  /** Sources that use the result and that a recipe cannot name. */
  readonly users: readonly string[]
}

const samples: readonly Sample[] = [
  { recipe: 'A provider', trace: /deepinfra\.ts'|kind: 'deepinfra'/, users: [] },
  { recipe: 'A route', trace: /generation\.retrieve|function retrieveGeneration/, users: [] },
  { recipe: 'A field of a key', trace: /ip_ranges|ipRanges/, users: ['src/pipeline/access/authorize.ts'] },
  {
    recipe: 'An error',
    trace: /\bjson_too_deep\b/,
    users: ['src/openai/parse-json-body.ts', 'src/pipeline/call/read-request.ts'],
  },
  {
    recipe: 'A config key',
    trace: /hold_headers_ms|holdHeadersMs/,
    users: [
      'src/graphql/chat.ts',
      'src/pipeline/call/call.ts',
      'src/pipeline/stream/hold-headers.ts',
      'src/pipeline/upstream/try-target.ts',
    ],
  },
  {
    recipe: 'A column of a record',
    trace: /cacheWriteTokens|cache_write_tokens/,
    users: ['src/metering/cost.ts'],
  },
  {
    recipe: 'A store',
    trace: /create-sql-idempotency-store|interface IdempotencyStore/,
    users: [],
  },
]

const sources = readSourceFiles('src')
const document = readFileSync(join(projectRoot, 'CONTRIBUTING.md'), 'utf8')

/** The paths that a recipe names. */
function readPaths(recipe: string): readonly string[] {
  const text = new RegExp(`\\*\\*${recipe}\\.\\*\\*[^]*?(?=\\n\\n|$)`).exec(document)?.[0]
  if (text === undefined) throw new Error(`CONTRIBUTING.md has no recipe "${recipe}"`)
  return [...text.matchAll(/`((?:src|test|docs|scripts)\/[^`\s]*)`/g)].map(([, path = '']) => path)
}

test.each(samples)('the recipe "$recipe" names every source that such a change touches', ({ recipe, trace, users }) => {
  const paths = readPaths(recipe)
  const touched = sources.filter(({ text }) => trace.test(text)).map(({ path }) => path)
  const named = touched.filter((file) => paths.some((path) => covers(path, file)))
  expect(touched.filter((file) => !named.includes(file)).sort()).toEqual([...users].sort())
  expect(named).not.toEqual([])
})

test.each(['CONTRIBUTING.md', 'ARCHITECTURE.md'])('every path in %s exists', (name) => {
  const text = readFileSync(join(projectRoot, name), 'utf8')
  const paths = [...text.matchAll(/`((?:src|test|docs|scripts|bench|migrations)\/[^`\s]*)`/g)].map(
    ([, path = '']) => path,
  )
  const lost = paths.filter((path) => !/[<*]/.test(path) && !existsSync(join(projectRoot, path)))
  expect(lost).toEqual([])
})

/** A recipe names a file, a folder with its `/`, or a pattern such as `src/providers/<kind>.ts`. */
function covers(path: string, file: string): boolean {
  if (path.endsWith('/')) return file.startsWith(path)
  const pattern = path.replace(/[.]/g, '\\.').replace(/<[^>]+>/g, '[^/]+')
  return new RegExp(`^${pattern}$`).test(file)
}
