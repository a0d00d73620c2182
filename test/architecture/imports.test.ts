import { expect, test } from 'vitest'
import { providerKinds } from '../../src/providers/provider-kinds.ts'
import { readAllFiles, type SourceFile } from './source-files.ts'

/**
 * Each folder may import folders of earlier levels, never of its own level. The configuration follows the providers
 * because each kind declares its own keys and variables.
 */
const levels = [
  ['core'],
  ['openai', 'sse', 'schema', 'telemetry', 'metering'],
  ['dialects'],
  ['translation'],
  ['providers'],
  ['config'],
  ['storage', 'routing'],
  ['pipeline'],
  ['admin'],
  ['graphql'],
  ['http'],
  ['platform'],
]

/**
 * The rooms of a folder, each with the sibling rooms that it may import; ARCHITECTURE.md draws the same. `.` stands for
 * the files directly in the folder, which may import every room. A room with an empty list imports no other.
 */
const rooms: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'src/pipeline': {
    call: [],
    access: ['call'],
    routing: ['call', 'access', 'stream'],
    metering: ['call', 'access'],
    stream: ['call'],
    images: ['call'],
    upstream: ['call', 'metering', 'images', 'stream'],
    sessions: ['call', 'routing', 'stream'],
    idempotency: ['call'],
    responses: ['call'],
  },
  'src/admin': {
    keys: ['.'],
    reports: ['keys', '.'],
    'user-tokens': ['keys', '.'],
    'end-users': ['keys', 'reports', 'user-tokens', '.'],
    people: ['keys', '.'],
    links: ['keys', '.'],
    login: ['people', '.'],
  },
  'src/storage': {
    ledger: ['.'],
    s3: ['.'],
    sql: ['ledger', '.'],
  },
  'src/storage/sql': {
    usage: ['.'],
    keys: ['.'],
    people: ['keys', '.'],
    ledger: ['usage', 'keys', '.'],
  },
  'src/platform/node': {
    config: [],
    upstream: [],
    workers: ['.'],
    storage: ['.'],
    server: ['storage', '.'],
    commands: ['config', 'storage', 'upstream', 'workers', '.'],
  },
  'src/platform/cloudflare': {
    upstream: [],
    ledger: ['storage'],
    storage: ['ledger'],
  },
}

const sources = readAllFiles('src')

const kinds: ReadonlySet<string> = new Set(providerKinds.map(({ kind }) => kind))

test('folders import only earlier folders', () => {
  expect(
    listImports()
      .filter(({ from, to }) => !mayImport(from, to))
      .map(describeImport),
  ).toEqual([])
})

test('the import rule lists every folder of src', () => {
  const known = new Set(levels.flat())
  expect(sources.map((file) => file.path).filter((path) => !known.has(folderOf(path)))).toEqual([])
})

test.each(Object.entries(rooms))('a room of %s imports only the rooms that its rule allows', (folder, rule) => {
  const crossings = listImports().filter(({ from, to }) => {
    const [left, right] = [roomOf(from, folder), roomOf(to, folder)]
    const isRoom = left !== undefined && left !== '.'
    return isRoom && right !== undefined && left !== right && rule[left]?.includes(right) !== true
  })
  expect(crossings.map(describeImport)).toEqual([])
})

test.each(Object.entries(rooms))('the rule lists every folder of %s as a room', (folder, rule) => {
  const found = new Set(
    sources.map(({ path }) => roomOf(path, folder)).filter((room) => room !== undefined && room !== '.'),
  )
  expect([...found].sort()).toEqual(Object.keys(rule).sort())
})

test('each provider kind is one file of that name, imported only by the list of kinds', () => {
  const files = [...kinds].map((kind) => `src/providers/${kind}.ts`)
  const importers = listImports().filter(({ to }) => files.includes(to))
  expect(importers.map(({ to }) => to).sort()).toEqual(files.sort())
  expect(new Set(importers.map(({ from }) => from))).toEqual(new Set(['src/providers/provider-kinds.ts']))
})

test('only a provider kind’s own file tests for that kind', () => {
  const asks = new RegExp(`\\bkind (===|!==) '(${[...kinds].join('|')})'`)
  expect(sources.filter(({ text }) => asks.test(text)).map(({ path }) => path)).toEqual([])
})

test('an adapter imports no sibling adapter', () => {
  const crossings = listImports().filter(({ from, to }) => {
    const [left, right] = [adapterOf(from), adapterOf(to)]
    return left !== undefined && right !== undefined && left !== right
  })
  expect(crossings.map(describeImport)).toEqual([])
})

test('the pipeline imports contracts, not adapters', () => {
  const crossings = listImports().filter(({ from, to }) => folderOf(from) === 'pipeline' && adapterOf(to) !== undefined)
  expect(crossings.map(describeImport)).toEqual([])
})

test('neither platform imports the other', () => {
  const crossings = listImports().filter(({ from, to }) => {
    const [left, right] = [platformOf(from), platformOf(to)]
    return left !== undefined && right !== undefined && left !== right
  })
  expect(crossings.map(describeImport)).toEqual([])
})

test('every relative import names an existing file with its suffix', () => {
  const known = new Set(sources.map((file) => file.path))
  const lost = listImports().filter(({ to }) => !known.has(to) && !to.endsWith('.json') && !to.includes('.generated.'))
  expect(lost.map(describeImport)).toEqual([])
})

test('imports form no cycle', () => {
  expect(findCycle(sources)).toBeUndefined()
})

interface Edge {
  readonly from: string
  readonly to: string
}

function listImports(): readonly Edge[] {
  return sources.flatMap((source) =>
    source.imports.flatMap(({ file }) => (file === undefined ? [] : [{ from: source.path, to: file }])),
  )
}

function mayImport(from: string, to: string): boolean {
  const [left, right] = [folderOf(from), folderOf(to)]
  return left === right || levelOf(right) < levelOf(left)
}

function folderOf(path: string): string {
  return path.split('/')[1] ?? ''
}

/** The subfolder of `folder` that contains the file, `.` for a file directly in it; undefined for a file outside it. */
function roomOf(path: string, folder: string): string | undefined {
  if (!path.startsWith(`${folder}/`)) return undefined
  const [room = '', ...rest] = path.slice(folder.length + 1).split('/')
  return rest.length === 0 ? '.' : room
}

function levelOf(folder: string): number {
  const level = levels.findIndex((folders) => folders.includes(folder))
  return level === -1 ? Number.POSITIVE_INFINITY : level
}

/** A provider is a file, optionally with a folder, named by its kind; a store is a folder of `storage`. */
function adapterOf(path: string): string | undefined {
  const [, folder, name = ''] = path.split('/')
  const kind = name.replace(/\.ts$/, '')
  if (folder === 'providers') return kinds.has(kind) ? `src/providers/${kind}` : undefined
  if (folder === 'storage')
    return name.includes('.') || name === 'sql' || name === 'ledger' ? undefined : `src/storage/${name}`
  return undefined
}

function platformOf(path: string): string | undefined {
  const [, folder, platform] = path.split('/')
  return folder === 'platform' && platform?.includes('.') === false ? platform : undefined
}

function describeImport({ from, to }: Edge): string {
  return `${from} imports ${to}`
}

/**
 * The paths along a cycle. Type imports count too, because types that depend on each other cannot be understood
 * separately.
 */
function findCycle(files: readonly SourceFile[]): string | undefined {
  const imports = new Map(files.map((file) => [file.path, file.imports.flatMap(({ file: to }) => to ?? [])]))
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' → ')
    if (done.has(path)) return undefined
    for (const next of imports.get(path) ?? []) {
      const cycle = visit(next, [...trail, path])
      if (cycle !== undefined) return cycle
    }
    done.add(path)
    return undefined
  }
  for (const path of imports.keys()) {
    const cycle = visit(path, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}
