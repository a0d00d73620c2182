import { access, readFile } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LineCounter, parseDocument } from 'yaml'
import { ConfigError } from '../../../config/config-error.ts'
import { type Environment, readVariable } from '../../../config/environment.ts'
import { whyUnreadable } from './why-unreadable.ts'

export interface LoadConfigInput {
  readonly cwd: string
  readonly env: Environment
  /** The value of `--config`, which takes precedence over `WEIR_CONFIG`. */
  readonly path?: string | undefined
}

export interface LoadedConfig {
  /** Undefined if there is no file. */
  readonly path: string | undefined
  readonly config: unknown
}

const names = ['yaml', 'yml', 'json', 'ts', 'mjs'].map((extension) => `weir.config.${extension}`)

/** Finds and reads the configuration file, without validating its content. Rejects with ConfigError. */
export async function loadConfig({ cwd, env, path }: LoadConfigInput): Promise<LoadedConfig> {
  const named = path ?? pathFromVariable(env)
  if (named !== undefined) return load(resolve(cwd, named))
  const found = await existing(names.map((name) => join(cwd, name)))
  const [first, second] = found
  if (first === undefined) return { path: undefined, config: undefined }
  if (second !== undefined) {
    throw new ConfigError([
      `there are ${found.length} configuration files: ${found.join(', ')}. Keep one, or choose one with --config.`,
    ])
  }
  return load(first)
}

/** Returns the path in `WEIR_CONFIG`. If the variable is the configuration itself, parseSettings reads it. */
function pathFromVariable(env: Environment): string | undefined {
  const value = readVariable(env, 'WEIR_CONFIG')
  return value?.startsWith('{') === true ? undefined : value
}

async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => path,
        () => undefined,
      ),
    ),
  )
  return found.filter((path) => path !== undefined)
}

async function load(path: string): Promise<LoadedConfig> {
  switch (extname(path)) {
    case '.yaml':
    case '.yml':
      return { path, config: parseYaml(path, await read(path)) }
    case '.json':
      return { path, config: parseJson(path, await read(path)) }
    case '.ts':
    case '.mts':
    case '.js':
    case '.mjs':
      return { path, config: await importDefault(path) }
    default:
      throw new ConfigError([
        `${path}: has an unknown extension. A configuration file ends in .yaml, .yml, .json, .ts or .mjs.`,
      ])
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): ConfigError {
  return new ConfigError([`${path}: ${whyUnreadable(cause)}.`], { cause })
}

function parseYaml(path: string, content: string): unknown {
  const lineCounter = new LineCounter()
  // The pretty form quotes the line, which may contain a key.
  const document = parseDocument(content, { lineCounter, prettyErrors: false, merge: true })
  const problems = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lineCounter.linePos(error.pos[0])
    return `${path}:${line}:${col}: ${error.message}.`
  })
  if (problems.length > 0) throw new ConfigError(problems)
  try {
    return document.toJS() ?? {}
  } catch (cause) {
    throw new ConfigError([`${path}: ${cause instanceof Error ? cause.message : 'cannot be read'}.`], { cause })
  }
}

/** Parses JSON, and parses it as YAML first: that parser reports lines and rejects duplicate keys. */
function parseJson(path: string, content: string): unknown {
  if (content.trim() === '') return {}
  parseYaml(path, content)
  try {
    return JSON.parse(content.replace(/^\ufeff/, ''))
  } catch (cause) {
    // The rest of V8's message quotes the content.
    const position = cause instanceof Error ? /\(line \d+ column \d+\)/.exec(cause.message)?.[0] : undefined
    throw new ConfigError([
      `${path}: is not valid JSON${position === undefined ? '' : ` ${position}`}. Look for a comment, an extra or missing comma, or an unquoted name. To use YAML, which allows these, rename the file to weir.config.yaml.`,
    ])
  }
}

let imports = 0

async function importDefault(path: string): Promise<unknown> {
  let module: { readonly default?: unknown }
  try {
    // Node runs each module URL once. The query makes this one unique; modules that it imports do not run again.
    const query = imports === 0 ? '' : `?${imports}`
    imports += 1
    module = await import(pathToFileURL(path).href + query)
  } catch (cause) {
    if (
      cause instanceof Error &&
      'code' in cause &&
      cause.code === 'ERR_MODULE_NOT_FOUND' &&
      (await existing([path])).length === 0
    ) {
      throw unreadable(path, Object.assign(new Error('missing'), { code: 'ENOENT' }))
    }
    throw new ConfigError([`${path}: cannot be run: ${cause instanceof Error ? cause.message : String(cause)}.`], {
      cause,
    })
  }
  if (module.default === undefined)
    throw new ConfigError([`${path}: has no default export. Write \`export default { … }\`.`])
  return module.default
}
