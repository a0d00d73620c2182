import { type ESTree, Visitor } from 'vite'
import type { SourceFile } from '../../test/architecture/source-files.ts'

export interface SourceMetrics {
  /** Of hand-written source, comments and empty lines included, by the first folder below `src/`. */
  readonly linesByFolder: ReadonlyMap<string, number>
  /** In the folder itself, without those below it. */
  readonly filesByFolder: ReadonlyMap<string, number>
  /** Top-level functions that their file does not export. */
  readonly privateFunctions: number
  /** Of these, the ones that their file mentions once beside the declaration. */
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

/** Declarations, and constants that hold a function. */
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

/** Each name as often as it stands for a value: names of properties and of types are not counted. */
function countMentions(program: ESTree.Program): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const add = (node: { readonly type: string; readonly name?: unknown } | null | undefined, by: number) => {
    if (node?.type === 'Identifier' && typeof node.name === 'string')
      counts.set(node.name, (counts.get(node.name) ?? 0) + by)
  }
  new Visitor({
    Identifier: (node) => add(node, 1),
    MemberExpression: ({ computed, property }) => add(computed ? undefined : property, -1),
    // Its shorthand is visited twice, as a key and as a value.
    Property: ({ computed, key }) => add(computed ? undefined : key, -1),
  }).visit(program)
  return counts
}
