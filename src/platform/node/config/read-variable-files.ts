import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigError } from '../../../config/config-error.ts'
import { configKeys } from '../../../config/config-keys.ts'
import { type Environment, providerVariables, readVariable } from '../../../config/environment.ts'
import { whyUnreadable } from './why-unreadable.ts'

interface Surroundings {
  readonly cwd: string
  readonly env: Environment
  /** The content of the configuration file, which names variables of the operator's own. */
  readonly config: unknown
}

/**
 * The variables that are in files: `TOKEN_FILE=/run/secrets/token` stands for `TOKEN`. Only those that the configuration uses, since other programs'
 * names may end so too. Rejects with ConfigError.
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
      problems.push(`${variable}: stands beside ${name}. Keep one of them.`)
      continue
    }
    const path = resolve(cwd, file)
    try {
      const text = (await readFile(path, 'utf8')).trim()
      if (text === '') problems.push(`${variable}: ${path}: is empty.`)
      values[name] = text
    } catch (error) {
      problems.push(`${variable}: ${path}: ${whyUnreadable(error)}.`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return values
}

/** The variables that a configuration names: `${NAME}`, and `api_key_env: NAME`. */
function namesIn(config: unknown, env: Environment): readonly string[] {
  const text = config === undefined ? (readVariable(env, 'WEIR_CONFIG') ?? '') : toJson(config)
  const matches = text.matchAll(/\$\{([^}"]*)\}|"(?:api_key|token)_env"\s*:\s*"([^"]*)"/g)
  return [...matches].map(([, expanded, named]) => (expanded ?? named ?? '').trim())
}

/** Empty for what is no configuration: a value that holds itself, which YAML can write. */
function toJson(config: unknown): string {
  try {
    return JSON.stringify(config) ?? ''
  } catch {
    return ''
  }
}
