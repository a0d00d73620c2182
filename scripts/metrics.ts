import { parseArgs } from 'node:util'
import { type ESTree, Visitor } from 'vite'
import { toTable } from '../bench/report/to-table.ts'
import { readSourceFiles, type SourceFile } from '../test/architecture/source-files.ts'
import { traceCalls } from './trace-calls.ts'

/**
 * Prints observations about the structure of `src/`, to compare before and after a change. None of them is a target.
 *
 *   npm run metrics [-- --list json|stream]
 *
 * `--list` prints the files that a call of that kind runs, in order.
 */
if (import.meta.main) {
  const { list } = parseArgs({ options: { list: { type: 'string' } } }).values
  if (list !== undefined && list !== 'json' && list !== 'stream') {
    console.error(`--list takes json or stream, not ${list}.`)
    process.exit(2)
  }
  const traces = await traceCalls()
  if (list !== undefined) {
    console.log(traces[list].filesInOrder.join('\n'))
  } else {
    console.log('Observations, not targets.\n')
    const calls = [
      ['a JSON chat', String(traces.json.files), String(traces.json.functions)],
      ['a stream of three chunks', String(traces.stream.files), String(traces.stream.functions)],
    ]
    console.log(toTable(['one warm call with a virtual key runs', 'files', 'functions'], calls))

    const { linesByFolder, filesByFolder, privateFunctions, mentionedOnce } = describeSources(readSourceFiles('src'))
    const lines = [...linesByFolder.values()].reduce((sum, count) => sum + count, 0)
    const shares = [
      ['for 1,000 lines', ((privateFunctions / lines) * 1_000).toFixed(1)],
      ['used in one place', `${Math.round((mentionedOnce / privateFunctions) * 100)} %`],
    ]
    console.log(toTable(['private top-level functions', ''], shares))

    const largest = [...filesByFolder].sort(([, left], [, right]) => right - left).slice(0, 10)
    const toRow = ([name, count]: readonly [string, number]) => [name, count.toLocaleString('en')]
    console.log(toTable(['lines of source', lines.toLocaleString('en')], [...linesByFolder].map(toRow)))
    console.log(toTable(['folders with the most files', 'files'], largest.map(toRow)))
  }
}

interface SourceMetrics {
  /** Lines of hand-written source with comments and empty lines, by the first folder below `src/`. */
  readonly linesByFolder: ReadonlyMap<string, number>
  /** Files in each folder, without those in its subfolders. */
  readonly filesByFolder: ReadonlyMap<string, number>
  /** Top-level functions that their file does not export. */
  readonly privateFunctions: number
  /** Private functions that their file mentions once beside the declaration. */
  readonly mentionedOnce: number
}

export function describeSources(files: readonly SourceFile[]): SourceMetrics {
  const linesByFolder = new Map<string, number>()
  const filesByFolder = new Map<string, number>()
  let privateFunctions = 0
  let mentionedOnce = 0
  for (const { path, text, program } of files) {
    const folder = path.slice(0, path.lastIndexOf('/'))
    filesByFolder.set(folder, (filesByFolder.get(folder) ?? 0) + 1)
    const top = path.split('/').length > 2 ? path.split('/', 2).join('/') : 'src'
    linesByFolder.set(top, (linesByFolder.get(top) ?? 0) + text.split('\n').length - (text.endsWith('\n') ? 1 : 0))
    const mentions = countMentions(program)
    for (const name of listPrivateFunctions(program)) {
      privateFunctions++
      if ((mentions.get(name) ?? 0) - 1 === 1) mentionedOnce++
    }
  }
  return { linesByFolder, filesByFolder, privateFunctions, mentionedOnce }
}

/** Lists function declarations, and constants that hold a function. */
function listPrivateFunctions({ body }: ESTree.Program): readonly string[] {
  const exported = new Set(
    body.flatMap((node) =>
      node.type === 'ExportNamedDeclaration'
        ? node.specifiers.flatMap(({ local }) => (local.type === 'Identifier' ? [local.name] : []))
        : [],
    ),
  )
  return body
    .flatMap((node) => {
      if (node.type === 'FunctionDeclaration') return node.id === null ? [] : [node.id.name]
      if (node.type !== 'VariableDeclaration') return []
      return node.declarations.flatMap(({ id, init }) =>
        id.type === 'Identifier' && (init?.type === 'ArrowFunctionExpression' || init?.type === 'FunctionExpression')
          ? [id.name]
          : [],
      )
    })
    .filter((name) => !exported.has(name))
}

/** Counts how often each name refers to a value. Names of properties and types do not count. */
function countMentions(program: ESTree.Program): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const add = (node: { readonly type: string; readonly name?: unknown } | null | undefined, by: number) => {
    if (node?.type === 'Identifier' && typeof node.name === 'string')
      counts.set(node.name, (counts.get(node.name) ?? 0) + by)
  }
  new Visitor({
    Identifier: (node) => add(node, 1),
    MemberExpression: ({ computed, property }) => add(computed ? undefined : property, -1),
    // The visitor sees a shorthand property twice: as a key and as a value.
    Property: ({ computed, key }) => add(computed ? undefined : key, -1),
  }).visit(program)
  return counts
}
