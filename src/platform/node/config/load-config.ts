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
  /** What `--config` says; it wins over `WEIR_CONFIG`. */
  readonly path?: string | undefined
}

export interface LoadedConfig {
  /** Undefined where there is no file. */
  readonly path: string | undefined
  readonly config: unknown
}

const names = ['yaml', 'yml', 'json', 'ts', 'mjs'].map((extension) => `weir.config.${extension}`)

/** Finds and reads the configuration file; parseSettings checks what it holds. Throws ConfigError where it cannot be read. */
export async function loadConfig({ cwd, env, path }: LoadConfigInput): Promise<LoadedConfig> {
  const named = path ?? namedByVariable(env)
  if (named !== undefined) return load(resolve(cwd, named))
  const found = await existing(names.map((name) => join(cwd, name)))
  const [first, second] = found
  if (first === undefined) return { path: undefined, config: undefined }
  if (second !== undefined) {
    throw new ConfigError([
      `there are ${found.length} configuration files: ${found.join(', ')}. Keep one, or name one with --config.`,
    ])
  }
  return load(first)
}

/** `WEIR_CONFIG` may also be the configuration itself, which parseSettings reads. */
function namedByVariable(env: Environment): string | undefined {
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
        `${path}: is not a configuration file by its name. It ends in .yaml, .yml, .json, .ts or .mjs.`,
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

function parseYaml(path: string, text: string): unknown {
  const lineCounter = new LineCounter()
  // The pretty form quotes the line, which may hold a key.
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true })
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

/** JSON is YAML but for its strictness, so YAML's parser finds the line, and a key that is there twice. */
function parseJson(path: string, text: string): unknown {
  if (text.trim() === '') return {}
  parseYaml(path, text)
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (cause) {
    // The rest of V8's message quotes the text.
    const place = cause instanceof Error ? /\(line \d+ column \d+\)/.exec(cause.message)?.[0] : undefined
    throw new ConfigError([
      `${path}: is not JSON${place === undefined ? '' : ` ${place}`}. Is there a comment, a comma too many or too few, or a name without quotation marks? YAML allows more: call the file weir.config.yaml.`,
    ])
  }
}

let imports = 0

async function importDefault(path: string): Promise<unknown> {
  let module: { readonly default?: unknown }
  try {
    // An address of its own, since a module is run once: what this one imports is run no second time.
    const address = imports === 0 ? '' : `?${imports}`
    imports += 1
    module = await import(pathToFileURL(path).href + address)
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
