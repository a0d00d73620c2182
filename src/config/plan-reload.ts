import { isJsonObject } from '../core/json.ts'
import { formatPath, type Path } from './config-error.ts'
import { type Environment, readVariable } from './environment.ts'
import { type ParsedConfig, parseConfig } from './parse-settings.ts'
import type { Settings } from './settings.ts'

/** The two sources of settings. */
export interface ConfigSource {
  readonly env: Environment
  /** Content of the configuration file; undefined if it does not exist. */
  readonly config?: unknown
}

/** The steps by which a running server adopts another configuration. */
export interface ReloadPlan {
  readonly settings: Settings
  /** The source of `settings`: the new one, except for values that need a restart. */
  readonly source: ConfigSource
  /** Names of keys, never values (S21). */
  readonly changed: readonly string[]
  /** Keys that keep their old value until the server restarts. */
  readonly needRestart: readonly string[]
}

/** Keys of sockets, files and memory that a process opens once, each with the variable that keeps its value. */
const fixedKeys: readonly {
  readonly key: string
  readonly variable: string
  read(settings: Settings): string
}[] = [
  { key: 'server.host', variable: 'HOST', read: ({ server }) => server.host },
  { key: 'server.port', variable: 'PORT', read: ({ server }) => String(server.port) },
  {
    key: 'server.max_buffered_bytes',
    variable: 'MAX_BUFFERED_BYTES',
    read: ({ server }) => String(server.maxBufferedBytes),
  },
  { key: 'storage.path', variable: 'STORAGE_PATH', read: ({ storage }) => storage.path ?? 'none' },
  { key: 'metering.enabled', variable: 'METERING', read: ({ metering }) => String(metering.isEnabled) },
]

/**
 * Plans the change of a running Node server from one source to another. Throws ConfigError if the new one is invalid,
 * as a start would.
 */
export function planReload(running: ConfigSource, next: ConfigSource): ReloadPlan {
  const before = parse(running)
  const requested = parse(next)
  const fixed = fixedKeys.filter(({ read }) => read(before.settings) !== read(requested.settings))
  if (fixed.length === 0)
    return { ...requested, source: next, changed: listChanges(before, requested), needRestart: [] }
  // Sets them as variables, because these override the file, and other settings depend on some of them.
  const fixedValues = fixed.map(({ variable, read }) => [variable, read(before.settings)] as const)
  const source = { ...next, env: { ...next.env, ...Object.fromEntries(fixedValues) } }
  const after = parse(source)
  return { ...after, source, changed: listChanges(before, after), needRestart: fixed.map(({ key }) => key) }
}

interface Parsed extends ParsedConfig {
  readonly env: Environment
}

function parse({ env, config }: ConfigSource): Parsed {
  return { ...parseConfig({ env, config, platform: 'node' }), env }
}

function listChanges(before: Parsed, after: Parsed): readonly string[] {
  const [old, now] = [listValues(before), listValues(after)]
  const names = [...new Set([...now.keys(), ...old.keys()])]
  const changed = names.filter((name) => old.get(name) !== now.get(name) && !fixedKeys.some(({ key }) => key === name))
  // An added or removed provider is one change.
  return changed.filter((name) => !changed.some((above) => name.startsWith(`${above}.`))).sort()
}

/** Returns every value by the name of its key. */
function listValues({ config, settings, env }: Parsed): ReadonlyMap<string, string | undefined> {
  const values = new Map<string, string | undefined>()
  const add = (value: unknown, path: Path) => {
    if (isJsonObject(value)) for (const [name, inner] of Object.entries(value)) add(inner, [...path, name])
    else values.set(formatPath(path), JSON.stringify(value))
  }
  add(config, [])
  // The file that refers to a variable does not contain its value, and a provider may exist without an entry in the
  // file.
  values.set(config.access.token_env === undefined ? 'access.token' : 'access.token_env', settings.access.token)
  for (const { id, kind, apiKey } of settings.providers) {
    values.set(`providers.${id}`, kind)
    const isNamed = config.providers[id]?.api_key_env !== undefined
    values.set(`providers.${id}.${isNamed ? 'api_key_env' : 'api_key'}`, apiKey)
  }
  values.set('NODE_ENV', readVariable(env, 'NODE_ENV'))
  return values
}
