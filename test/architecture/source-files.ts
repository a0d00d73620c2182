import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ESTree, parseSync } from 'vite'

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  /** As written, such as `../core/errors.ts` or `node:fs`. */
  readonly specifier: string
  /** The imported file, relative to the project's root; `undefined` for a package. */
  readonly file: string | undefined
  /** True for an import that is erased at run time. */
  readonly typeOnly: boolean
}

export interface SourceFile {
  /** Relative to the project's root, with `/`. */
  readonly path: string
  readonly text: string
  readonly program: ESTree.Program
  readonly comments: readonly string[]
  readonly imports: readonly Import[]
}

/** Parses the handwritten TypeScript files below a folder; none if the folder does not exist. */
export function readSourceFiles(folder: string): readonly SourceFile[] {
  return readAllFiles(folder).filter(({ path }) => !path.includes('.generated.'))
}

/** The same, including generated files. */
export function readAllFiles(folder: string): readonly SourceFile[] {
  return listFiles(folder)
    .filter((path) => /\.tsx?$/.test(path))
    .map(readSourceFile)
}

/**
 * The paths of all files below a folder, relative to the project's root, without installed or built files; none if it
 * does not exist.
 */
export function listFiles(folder: string): readonly string[] {
  if (!existsSync(join(projectRoot, folder))) return []
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : listFiles(path)
    return entry.isFile() ? [path] : []
  })
}

const notOurs = new Set(['node_modules', 'dist', '.git', '.wrangler', '.weir', 'coverage'])

function readSourceFile(path: string): SourceFile {
  const text = readFileSync(join(projectRoot, path), 'utf8')
  const { program, comments, module, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const requests = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      specifier: moduleRequest.value,
      typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest ? [{ specifier: moduleRequest.value, typeOnly: isType }] : [],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) => ({
      specifier: text.slice(moduleRequest.start, moduleRequest.end).replace(/^['"`]|['"`]$/g, ''),
      typeOnly: false,
    })),
    ...[...text.matchAll(/typeof import\('([^']+)'\)/g)].map(([, specifier = '']) => ({ specifier, typeOnly: true })),
  ]
  return {
    path,
    text,
    program,
    comments: comments.map((comment) => comment.value),
    imports: requests.map((request) => ({ ...request, file: resolve(path, request.specifier) })),
  }
}

function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return relative(projectRoot, join(projectRoot, dirname(from), specifier)).replaceAll('\\', '/')
}
