import { isJsonObject, type JsonObject } from '../core/json.ts'
import { splitList } from '../core/split-list.ts'
import type { ProviderKind, ProviderVariable } from '../providers/provider-kind.ts'
import { providerKinds } from '../providers/provider-kinds.ts'
import type { Path, Problems } from './config-error.ts'
import { type ConfigKey, configKeys, findKey, namesBelow } from './config-keys.ts'

/**
 * The environment as the platform provides it. On Workers a variable may be a number or a boolean, and a binding is an
 * object.
 */
export type Environment = Readonly<Record<string, unknown>>

/** Variables that set one key of the provider that is named after its kind. */
export const providerVariables = providerKinds.flatMap(({ kind, env }) =>
  env.map((variable: ProviderVariable) => ({ ...variable, provider: kind })),
)

/** Variables that set no key of the file. */
export const extraVariables: readonly { readonly name: string; readonly meaning: string }[] = [
  ...providerKinds.flatMap(({ enableVariable }: ProviderKind) => enableVariable ?? []),
  {
    name: 'WEIR_CONFIG',
    meaning: 'The configuration as JSON, starting with `{`. On Node also the path of the configuration file.',
  },
  {
    name: 'WORKERS',
    meaning:
      'Number of processes that share the port (Node): 1 to 256, or `auto` for one per core. Default 1. Not read from `.env`. Same as `--workers`.',
  },
  {
    name: 'WEIR_URL',
    meaning: 'URL of the server that `weir keys` and the reports query (command line). Same as `--url`.',
  },
  {
    name: 'CLOUDFLARE_ACCESS_CLIENT_ID',
    meaning:
      'Client id of the service token with which the command line passes Cloudflare Access in front of the server of `WEIR_URL`. Needs `CLOUDFLARE_ACCESS_CLIENT_SECRET`. Not read from `.env`.',
  },
  { name: 'CLOUDFLARE_ACCESS_CLIENT_SECRET', meaning: 'Client secret of that service token.' },
  {
    name: 'NODE_ENV',
    meaning:
      '`production` turns off the development defaults: `.env`, `.dev.vars`, `x-openai-key`, and calls from this machine without a key.',
  },
]

const names: ReadonlySet<string> = new Set([
  ...configKeys.flatMap(({ documentation: { variable } }) => variable ?? []),
  ...[...providerVariables, ...extraVariables].map(({ name }) => name),
])

/** Returns true for a variable that settings read by its fixed name. The configuration may refer to others. */
export function isVariable(name: string): boolean {
  return names.has(name)
}

/** Reads a variable as a trimmed string. An empty variable counts as unset. */
export function readVariable(environment: Environment, name: string): string | undefined {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  const trimmed = isPlain ? String(value).trim() : ''
  return trimmed === '' ? undefined : trimmed
}

/**
 * The schema is eight levels deep. Deeper values stay as they are, which ends the walk of a value that contains itself.
 */
const depthLimit = 10

/**
 * Replaces `${NAME}` in every string by the environment's value; `$${NAME}` becomes a literal `${NAME}`.
 * An empty section becomes an empty mapping. A string that is one variable and nothing else becomes a number or a
 * boolean if the key holds one (`port: ${PORT}`).
 */
export function expandVariables(value: unknown, environment: Environment, problems: Problems): unknown {
  const expand = (part: unknown, path: Path): unknown => {
    if (typeof part === 'string') return expandString(part, path, environment, problems)
    if (path.length >= depthLimit) return part
    // YAML writes an empty mapping as `demo:` with nothing below it.
    if (part === null && (findKey(path)?.type === 'section' || namesBelow(path).length > 0)) return {}
    // Holes are left out, otherwise the schema would report them as well.
    if (Array.isArray(part))
      return part
        .map((element: unknown, index) => expand(element, [...path, index]))
        .filter((element) => element !== undefined)
    if (!isJsonObject(part)) return part
    const entries = Object.entries(part).map(([key, inner]) => [key, expand(inner, [...path, key])] as const)
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined))
  }
  return expand(value, [])
}

function expandString(value: string, path: Path, environment: Environment, problems: Problems): unknown {
  let isComplete = true
  const expanded = value.replace(/\$?\$\{([^}]*)\}/g, (reference, name: string) => {
    if (reference.startsWith('$$')) return reference.slice(1)
    const replacement = readVariable(environment, name.trim())
    if (replacement !== undefined) return replacement
    isComplete = false
    problems.add(
      path,
      `refers to the environment variable ${name.trim()}, which is not set. Set it, or write \`$\${…}\` for a literal \`\${…}\``,
    )
    return ''
  })
  if (!isComplete) return undefined
  const key = /^\$\{[^}]*\}$/.test(value) ? findKey(path) : undefined
  if (key?.type !== 'number' && key?.type !== 'boolean') return expanded
  const parsed = parseValue(key, expanded)
  return parsed.kind === 'value' ? parsed.value : expanded
}

/** Returns the file's configuration with the environment's values over it. Changes neither argument. */
export function overlayEnvironment(file: JsonObject, environment: Environment, problems: Problems): JsonObject {
  let config = file
  for (const key of configKeys) {
    const { variable } = key.documentation
    const raw = variable === undefined ? undefined : readEitherCase(environment, variable, key)
    if (variable === undefined || raw === undefined) continue
    problems.nameByVariable(key.path, variable)
    const parsed = parseValue(key, raw)
    if (parsed.kind === 'problem') {
      problems.add(key.path, parsed.message)
      continue
    }
    const inFile = valueAt(config, key.path)
    // A mapping extends the file's entry by entry; every other value replaces the file's.
    const isAdded = key.type === 'mapping' && isJsonObject(inFile) && isJsonObject(parsed.value)
    config = withValue(config, key.path, isAdded ? { ...inFile, ...parsed.value } : parsed.value)
  }
  for (const kind of providerKinds) config = overlayProvider(config, kind, environment, problems)
  return config
}

/** Many programs read the variables of proxies in lower case. */
function readEitherCase(environment: Environment, variable: string, { path }: ConfigKey): string | undefined {
  const found = readVariable(environment, variable)
  return found === undefined && path[0] === 'proxy' ? readVariable(environment, variable.toLowerCase()) : found
}

function overlayProvider(
  config: JsonObject,
  kind: ProviderKind,
  environment: Environment,
  problems: Problems,
): JsonObject {
  const inFile = valueAt(config, ['providers', kind.kind])
  const isAdded =
    kind.enableVariable !== undefined && readFlag(kind.enableVariable.name, environment, problems) === true
  const variables = kind.env.flatMap((variable) => {
    const value = readVariable(environment, variable.name)
    return value === undefined ? [] : [{ ...variable, value: variable.toValue?.(value) ?? value }]
  })
  // The default base URL of a vendor does not add the provider: many shells export it for other tools.
  const isWanted = variables.some(
    ({ key, configures, value }) =>
      configures && !(kind.needsKey && key === 'base_url' && value.replace(/\/+$/, '') === kind.baseUrl?.default),
  )
  if (inFile === undefined && !isAdded && !isWanted) return config
  // The file's key wins, because it belongs to the other settings of this provider in the file.
  const hasKey = isJsonObject(inFile) && (inFile.api_key !== undefined || inFile.api_key_env !== undefined)
  let merged = inFile === undefined ? withValue(config, ['providers', kind.kind], {}) : config
  // Of two variables for one key, the first in the declaration wins.
  for (const { name, key, value } of variables.toReversed()) {
    const path = ['providers', kind.kind, key]
    const found = findKey(path)
    if (found === undefined || (key === 'api_key' && hasKey)) continue
    problems.nameByVariable(path, name)
    const parsed = parseValue(found, value)
    if (parsed.kind === 'value') merged = withValue(merged, path, parsed.value)
    else problems.add(path, parsed.message)
  }
  return merged
}

function readFlag(name: string, environment: Environment, problems: Problems): boolean | undefined {
  const value = readVariable(environment, name)
  if (value === undefined) return undefined
  const flag = parseFlag(value)
  if (flag === undefined) problems.addVariable(name, 'must be true or false')
  return flag
}

function valueAt(config: unknown, path: Path): unknown {
  return path.reduce(
    (value: unknown, key) => (isJsonObject(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined),
    config,
  )
}

/**
 * Returns a copy with the value at the path. A value on the way that is not an object stays, for the schema to report.
 */
function withValue(config: JsonObject, [name, ...rest]: readonly string[], value: unknown): JsonObject {
  if (name === undefined) return config
  if (rest.length === 0) return { ...config, [name]: value }
  const inner = config[name] ?? {}
  return isJsonObject(inner) ? { ...config, [name]: withValue(inner, rest, value) } : config
}

/** A value parsed from a string, or the problem of the string. */
type ParsedValue =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'problem'; readonly message: string }

/** Parses a variable's string into the type of the key. Checks the form only; the schema checks the rest. */
export function parseValue(key: ConfigKey, raw: string): ParsedValue {
  switch (key.type) {
    case 'boolean': {
      const value = parseFlag(raw)
      return value === undefined
        ? toProblem('must be true or false (1, 0, yes, no, on and off are accepted too)')
        : { kind: 'value', value }
    }
    case 'number':
      return /^-?\d+$/.test(raw)
        ? { kind: 'value', value: Number(raw) }
        : toProblem(
            `must be a whole number${key.documentation.unit === undefined ? '' : ` (${key.documentation.unit})`}`,
          )
    case 'list':
      return { kind: 'value', value: splitList(raw) }
    case 'mapping':
      return parsePairs(raw)
    case 'choice':
      return { kind: 'value', value: raw.toLowerCase() }
    case 'section':
    case 'string':
      return { kind: 'value', value: raw }
  }
}

function parsePairs(raw: string): ParsedValue {
  const pairs = splitList(raw).map((part) => {
    const at = part.indexOf('=')
    return at < 1 ? undefined : ([part.slice(0, at).trim(), part.slice(at + 1).trim()] as const)
  })
  const complete = pairs.filter((pair) => pair !== undefined)
  if (complete.length < pairs.length)
    return toProblem('must be `name=value` pairs separated by commas, such as `fast=openai/gpt-4o-mini,big=gpt-4.1`')
  return { kind: 'value', value: Object.fromEntries(complete) }
}

function toProblem(message: string): ParsedValue {
  return { kind: 'problem', message }
}

/** Returns undefined for a string that is neither yes nor no. */
export function parseFlag(value: string): boolean | undefined {
  if (/^(true|1|yes|on)$/i.test(value)) return true
  return /^(false|0|no|off)$/i.test(value) ? false : undefined
}
