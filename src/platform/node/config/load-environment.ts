import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError } from '../../../config/config-error.ts'
import { type LoadedConfig, loadConfig } from './load-config.ts'
import { readVariableFiles } from './read-variable-files.ts'

type ProcessEnvironment = Readonly<Record<string, string | undefined>>

/** Reads the environment, `.env` files, the configuration file and variable files. Rejects with ConfigError. */
export async function loadEnvironment(
  processEnv: NodeJS.ProcessEnv,
  configPath: string | undefined,
): Promise<LoadedConfig & { readonly env: ProcessEnvironment }> {
  const cwd = process.cwd()
  const { env } = await loadDotenv({ cwd, env: processEnv })
  const { path, config } = await loadConfig({ cwd, env, path: configPath })
  return { env: { ...env, ...(await readVariableFiles({ cwd, env, config })) }, path, config }
}

interface LoadedDotenv {
  /** The environment with the variables of the files. */
  readonly env: ProcessEnvironment
  /** The files that were read. */
  readonly files: readonly string[]
}

/** File names of both predecessors. The second takes precedence, as in wrangler. */
const names = ['.env', '.dev.vars']

/**
 * Adds the variables of `.env` and `.dev.vars` in development. The real environment takes precedence, also with an
 * empty value, which switches a variable of a file off for one run. With `NODE_ENV=production` it reads no files.
 */
export async function loadDotenv({
  cwd,
  env,
}: {
  readonly cwd: string
  readonly env: ProcessEnvironment
}): Promise<LoadedDotenv> {
  if (env.NODE_ENV === 'production') return { env, files: [] }
  const loaded = (await Promise.all(names.map((name) => load(join(cwd, name))))).filter((file) => file !== undefined)
  return {
    env: Object.assign({}, ...loaded.map((file) => file.variables), env),
    files: loaded.map((file) => file.path),
  }
}

async function load(
  path: string,
): Promise<{ readonly path: string; readonly variables: ProcessEnvironment } | undefined> {
  try {
    const content = await readFile(path, 'utf8')
    return { path, variables: parseEnv(content.replace(/^\ufeff/, '')) }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    // A folder named `.env` is a Python virtual environment.
    if (code === 'ENOENT' || code === 'EISDIR') return undefined
    throw new ConfigError([`${path}: cannot be read (${code}).`], { cause })
  }
}
