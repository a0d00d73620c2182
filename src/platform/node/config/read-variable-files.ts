import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigError } from '../../../config/config-error.ts'
import { configKeys } from '../../../config/config-keys.ts'
import { type Environment, providerVariables, readVariable } from '../../../config/environment.ts'
import { whyUnreadable } from './why-unreadable.ts'

interface Surroundings {
  readonly cwd: string
  readonly env: Environment
  /** The content of the configuration file, which may name further variables. */
  readonly config: unknown
}

/**
 * Reads variables from files: `TOKEN_FILE=/run/secrets/token` sets `TOKEN`. Reads only variables that the configuration
 * uses, because variables of other programs may also end in `_FILE`. Rejects with ConfigError.
 */
export async function readVariableFiles({ cwd, env, config }: Surroundings): Promise<Readonly<Record<string, string>>> {
  const known = [
    ...providerVariables.map(({ name }) => name),
    ...configKeys.flatMap(({ documentation }) => documentation.variable ?? []),
  ]
  const values: Record<string, string> = {}
  const problems: string[] = []
  for (const name of new Set([...known, ...namesIn(config, env)])) {
    const variable = `${name}_FILE`
    const file = readVariable(env, variable)
    if (file === undefined) continue
    if (readVariable(env, name) !== undefined) {
      problems.push(`${variable}: is set together with ${name}. Keep one of them.`)
      continue
    }
    const path = resolve(cwd, file)
    try {
      const value = (await readFile(path, 'utf8')).trim()
      if (value === '') problems.push(`${variable}: ${path}: is empty.`)
      values[name] = value
    } catch (error) {
      problems.push(`${variable}: ${path}: ${whyUnreadable(error)}.`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return values
}

/** Returns the variables that a configuration names, as `${NAME}` or `api_key_env: NAME`. */
function namesIn(config: unknown, env: Environment): readonly string[] {
  const json = config === undefined ? (readVariable(env, 'WEIR_CONFIG') ?? '') : toJson(config)
  const matches = json.matchAll(/\$\{([^}"]*)\}|"(?:api_key|token)_env"\s*:\s*"([^"]*)"/g)
  return [...matches].map(([, expanded, named]) => (expanded ?? named ?? '').trim())
}

/** Returns an empty string for a value that JSON cannot express, such as a YAML alias that contains itself. */
function toJson(config: unknown): string {
  try {
    return JSON.stringify(config) ?? ''
  } catch {
    return ''
  }
}
