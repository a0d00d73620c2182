import { isJsonObject, type JsonObject } from '../core/json.ts'
import { splitList } from '../core/split-list.ts'
import type { ProviderKind, ProviderVariable } from '../providers/provider-kind.ts'
import { providerKinds } from '../providers/provider-kinds.ts'
import type { Path, Problems } from './config-error.ts'
import { type ConfigKey, configKeys, findKey, namesBelow } from './config-keys.ts'

/** The environment as the platform has it. On Workers a variable may be of another type than text, and a binding is an object. */
export type Environment = Readonly<Record<string, unknown>>

/** Variables that set one key of the provider with the same name as its kind. */
export const providerVariables = providerKinds.flatMap(({ kind, env }) =>
  env.map((variable: ProviderVariable) => ({ ...variable, provider: kind })),
)

/** Variables that belong to no key of the file. */
export const otherVariables: readonly { readonly name: string; readonly meaning: string }[] = [
  ...providerKinds.flatMap(({ standsIn }: ProviderKind) => standsIn ?? []),
  {
    name: 'WEIR_CONFIG',
    meaning: 'The configuration itself as JSON, starting with `{`; on Node also the path of the file.',
  },
  {
    name: 'WORKERS',
    meaning:
      'The number of processes that share the port (Node): from 1 to 256, or `auto` for one a core; 1 if unset. Not read from `.env`. As `--workers`.',
  },
  {
    name: 'WEIR_URL',
    meaning: 'The server that `weir keys` and the reports ask (the command line). As `--url`.',
  },
  {
    name: 'CLOUDFLARE_ACCESS_CLIENT_ID',
    meaning:
      'With `CLOUDFLARE_ACCESS_CLIENT_SECRET` the service token by which the command line passes Cloudflare Access before the server of `WEIR_URL`. Not read from `.env`.',
  },
  { name: 'CLOUDFLARE_ACCESS_CLIENT_SECRET', meaning: 'The secret of that token.' },
  {
    name: 'NODE_ENV',
    meaning:
      '`production` leaves out the conveniences of development: `.env`, `.dev.vars`, `x-openai-key`, and calls from this machine without a key.',
  },
]

const names: ReadonlySet<string> = new Set([
  ...configKeys.flatMap(({ documentation: { variable } }) => variable ?? []),
  ...[...providerVariables, ...otherVariables].map(({ name }) => name),
])

/** True for a name that settings read by themselves; the configuration may name others. */
export function isVariable(name: string): boolean {
  return names.has(name)
}

/** The text of a variable without space around it. Empty is unset. */
export function readVariable(environment: Environment, name: string): string | undefined {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  const text = isPlain ? String(value).trim() : ''
  return text === '' ? undefined : text
}

/** The schema is five levels deep; the rest is left alone, so that a value that holds itself ends. */
const depthLimit = 10

/**
 * Replaces `${NAME}` in every text by the environment's value; `$${NAME}` stays as `${NAME}`.
 * A section with nothing in it becomes an empty one, and a text that is nothing but one variable becomes a number or a truth value where the
 * key holds one (`port: ${PORT}`).
 */
export function expandVariables(value: unknown, environment: Environment, problems: Problems): unknown {
  const expand = (part: unknown, path: Path): unknown => {
    if (typeof part === 'string') return expandText(part, path, environment, problems)
    if (path.length >= depthLimit) return part
    // `demo:` with nothing below it is how YAML writes an empty mapping.
    if (part === null && (findKey(path)?.type === 'section' || namesBelow(path).length > 0)) return {}
    // Holes are left out, so that the schema does not complain of them as well.
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

function expandText(text: string, path: Path, environment: Environment, problems: Problems): unknown {
  let isComplete = true
  const expanded = text.replace(/\$?\$\{([^}]*)\}/g, (reference, name: string) => {
    if (reference.startsWith('$$')) return reference.slice(1)
    const value = readVariable(environment, name.trim())
    if (value !== undefined) return value
    isComplete = false
    problems.add(
      path,
      `names the environment variable ${name.trim()}, which is not set. Set it, or write \`$\${…}\` if the text itself is meant`,
    )
    return ''
  })
  if (!isComplete) return undefined
  const key = /^\$\{[^}]*\}$/.test(text) ? findKey(path) : undefined
  if (key?.type !== 'number' && key?.type !== 'boolean') return expanded
  const parsed = parseText(key, expanded)
  return parsed.kind === 'value' ? parsed.value : expanded
}

/** Puts the environment over the file, in the file's own shape. Changes neither argument. */
export function overlayEnvironment(file: JsonObject, environment: Environment, problems: Problems): JsonObject {
  let config = file
  for (const key of configKeys) {
    const { variable } = key.documentation
    const text = variable === undefined ? undefined : readEitherCase(environment, variable, key)
    if (variable === undefined || text === undefined) continue
    problems.nameByVariable(key.path, variable)
    const parsed = parseText(key, text)
    if (parsed.kind === 'problem') {
      problems.add(key.path, parsed.message)
      continue
    }
    const inFile = valueAt(config, key.path)
    // A mapping is added to the file's, entry by entry; everything else takes its place.
    const isAdded = key.type === 'mapping' && isJsonObject(inFile) && isJsonObject(parsed.value)
    config = withValue(config, key.path, isAdded ? { ...inFile, ...parsed.value } : parsed.value)
  }
  for (const kind of providerKinds) config = overlayProvider(config, kind, environment, problems)
  return config
}

/** Those of proxies are written in lower case by as many programs as in upper case. */
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
  const isAdded = kind.standsIn !== undefined && readFlag(kind.standsIn.name, environment, problems) === true
  const variables = kind.env.flatMap((variable) => {
    const text = readVariable(environment, variable.name)
    return text === undefined ? [] : [{ ...variable, text }]
  })
  // A base URL that only repeats the default does not say that the provider is wanted: many shells export it for other tools.
  const isWanted = variables.some(
    ({ key, configures, text }) =>
      configures && !(key === 'base_url' && text.replace(/\/+$/, '') === kind.baseUrl?.default),
  )
  if (inFile === undefined && !isAdded && !isWanted) return config
  // The file's key stays: it belongs to the rest of what the file says of this provider.
  const hasKey = isJsonObject(inFile) && (inFile.api_key !== undefined || inFile.api_key_env !== undefined)
  let merged = inFile === undefined ? withValue(config, ['providers', kind.kind], {}) : config
  for (const { name, key, text } of variables) {
    const path = ['providers', kind.kind, key]
    const found = findKey(path)
    if (found === undefined || (key === 'api_key' && hasKey)) continue
    problems.nameByVariable(path, name)
    const parsed = parseText(found, text)
    if (parsed.kind === 'value') merged = withValue(merged, path, parsed.value)
    else problems.add(path, parsed.message)
  }
  return merged
}

function readFlag(name: string, environment: Environment, problems: Problems): boolean | undefined {
  const text = readVariable(environment, name)
  if (text === undefined) return undefined
  const flag = parseFlag(text)
  if (flag === undefined) problems.addVariable(name, 'must be true or false')
  return flag
}

function valueAt(config: unknown, path: Path): unknown {
  return path.reduce(
    (value: unknown, key) => (isJsonObject(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined),
    config,
  )
}

/** A copy with the value at the path. What is in the way and no object stays, for the schema to complain about. */
function withValue(config: JsonObject, [name, ...rest]: readonly string[], value: unknown): JsonObject {
  if (name === undefined) return config
  if (rest.length === 0) return { ...config, [name]: value }
  const inner = config[name] ?? {}
  return isJsonObject(inner) ? { ...config, [name]: withValue(inner, rest, value) } : config
}

/** A value read from text, or what is wrong with the text. */
type ParsedText =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'problem'; readonly message: string }

/** Turns the text of a variable into what the key holds. Only the form is checked here; the schema checks the rest. */
export function parseText(key: ConfigKey, text: string): ParsedText {
  switch (key.type) {
    case 'boolean': {
      const value = parseFlag(text)
      return value === undefined
        ? toProblem('must be true or false (1, 0, yes, no, on and off are taken too)')
        : { kind: 'value', value }
    }
    case 'number':
      return /^-?\d+$/.test(text)
        ? { kind: 'value', value: Number(text) }
        : toProblem(
            `must be a whole number${key.documentation.unit === undefined ? '' : ` (${key.documentation.unit})`}`,
          )
    case 'list':
      return { kind: 'value', value: splitList(text) }
    case 'mapping':
      return parsePairs(text)
    case 'choice':
      return { kind: 'value', value: text.toLowerCase() }
    case 'section':
    case 'text':
      return { kind: 'value', value: text }
  }
}

function parsePairs(text: string): ParsedText {
  const pairs = splitList(text).map((part) => {
    const at = part.indexOf('=')
    return at < 1 ? undefined : ([part.slice(0, at).trim(), part.slice(at + 1).trim()] as const)
  })
  const whole = pairs.filter((pair) => pair !== undefined)
  if (whole.length < pairs.length)
    return toProblem('must be pairs separated by commas, such as `fast=openai/gpt-4o-mini,big=gpt-4.1`')
  return { kind: 'value', value: Object.fromEntries(whole) }
}

function toProblem(message: string): ParsedText {
  return { kind: 'problem', message }
}

/** `undefined` for what is neither yes nor no. */
export function parseFlag(text: string): boolean | undefined {
  if (/^(true|1|yes|on)$/i.test(text)) return true
  return /^(false|0|no|off)$/i.test(text) ? false : undefined
}
