import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { ProviderKind, ProviderVariable } from '../providers/provider-kind.ts'
import { providerKinds } from '../providers/provider-kinds.ts'
import { type ConfigKey, configKeys, findKey } from './config-keys.ts'
import { type Environment, parseFlag, readVariable } from './environment.ts'
import { parseText } from './parse-text.ts'
import type { Path, Problems } from './problems.ts'
import { trimSlashes } from './trim-slashes.ts'

/** Puts the environment over the file, in the file's own shape. Changes neither argument. */
export function overlayEnvironment(file: JsonObject, environment: Environment, problems: Problems): JsonObject {
  const context = { environment, problems }
  const withKeys = configKeys.reduce((config, key) => overlayKey(config, key, context), file)
  return providerKinds.reduce((config, kind) => overlayProvider(config, kind, context), withKeys)
}

interface Context {
  readonly environment: Environment
  readonly problems: Problems
}

function overlayKey(config: JsonObject, key: ConfigKey, { environment, problems }: Context): JsonObject {
  const { variable } = key.documentation
  const text = variable === undefined ? undefined : readVariable(environment, variable)
  if (variable === undefined || text === undefined) return config
  problems.nameByVariable(key.path, variable)
  const parsed = parseText(key, text)
  if (parsed.kind === 'value') return withValue(config, key.path, merge(key, valueAt(config, key.path), parsed.value))
  problems.add(key.path, parsed.message)
  return config
}

/** A mapping is added to the file's, entry by entry; everything else takes its place. */
function merge(key: ConfigKey, file: unknown, value: unknown): unknown {
  const isAdded = key.type === 'mapping' && isJsonObject(file) && isJsonObject(value)
  return isAdded ? Object.fromEntries([...Object.entries(file), ...Object.entries(value)]) : value
}

function overlayProvider(config: JsonObject, kind: ProviderKind, { environment, problems }: Context): JsonObject {
  const inFile = valueAt(config, ['providers', kind.kind])
  const isAdded = kind.standsIn !== undefined && readFlag(kind.standsIn.name, environment, problems) === true
  const variables = kind.env.flatMap((variable) => {
    const text = readVariable(environment, variable.name)
    return text === undefined ? [] : [{ ...variable, text }]
  })
  if (inFile === undefined && !isAdded && !variables.some((variable) => isWanted(variable, kind))) return config
  let merged = inFile === undefined ? withValue(config, ['providers', kind.kind], {}) : config
  for (const { name, key, text } of variables) {
    const path = ['providers', kind.kind, key]
    const found = findKey(path)
    if (found === undefined || (key === 'api_key' && hasKey(inFile))) continue
    problems.nameByVariable(path, name)
    const parsed = parseText(found, text)
    if (parsed.kind === 'value') merged = withValue(merged, path, parsed.value)
    else problems.add(path, parsed.message)
  }
  return merged
}

/** A base URL that only repeats the default does not say that the provider is wanted: many shells export it for other tools. */
function isWanted(
  { key, configures, text }: ProviderVariable & { readonly text: string },
  { baseUrl }: ProviderKind,
): boolean {
  return configures && !(key === 'base_url' && trimSlashes(text) === baseUrl?.default)
}

/** The file's key stays: it belongs to what else the file says of this provider. */
function hasKey(provider: unknown): boolean {
  return isJsonObject(provider) && (provider.api_key !== undefined || provider.api_key_env !== undefined)
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
