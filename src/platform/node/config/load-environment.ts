import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError } from '../../../config/config-error.ts'
import { type LoadedConfig, loadConfig } from './load-config.ts'
import { readVariableFiles } from './read-variable-files.ts'

type ProcessEnvironment = Readonly<Record<string, string | undefined>>

/** Everything that a start reads from this machine. Rejects with ConfigError. */
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
  /** The environment to go on with. */
  readonly env: ProcessEnvironment
  /** The files that were read. */
  readonly files: readonly string[]
}

/** Both predecessors' names; the second wins over the first, as it does in wrangler. */
const names = ['.env', '.dev.vars']

/**
 * Adds the variables of `.env` and `.dev.vars` in development. What the real environment has wins, also when it is empty: that is how a
 * variable of the file is switched off for once. With `NODE_ENV=production` nothing is read.
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
    const text = await readFile(path, 'utf8')
    return { path, variables: parseEnv(text.replace(/^\ufeff/, '')) }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    // A folder of that name is a virtual environment of Python.
    if (code === 'ENOENT' || code === 'EISDIR') return undefined
    throw new ConfigError([`${path}: cannot be read (${code}).`], { cause })
  }
}
