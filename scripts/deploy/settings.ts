import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, type JsonObject } from '../../src/core/json.ts'
import { DeployError } from './deploy-error.ts'
import { projectRoot } from './wrangler.ts'

// A deployment's configuration consists of two files: wrangler.jsonc, which git tracks and only Weir's developers edit,
// and the user's file, which git ignores. Each deployment merges both into a third file for wrangler.

/** The user's file, in wrangler's format. It may contain any key of wrangler.jsonc, and takes precedence. */
export const settingsFile = 'weir.deploy.json'

/** The merged file. It stays for wrangler's other commands: `npx wrangler tail --config wrangler.generated.json`. */
export const generatedFile = 'wrangler.generated.json'

export function readSettings(): JsonObject {
  const path = join(projectRoot, settingsFile)
  if (!existsSync(path)) return {}
  let settings: unknown
  try {
    settings = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new DeployError(
      `${settingsFile} is not valid JSON (${String(Object(error).message)}): correct it; comments are not allowed.`,
    )
  }
  if (!isJsonObject(settings)) throw new DeployError(`${settingsFile} must be a JSON object, as wrangler.jsonc is.`)
  return settings
}

/** Writes the settings, unless they are unchanged. */
export function saveSettings(before: JsonObject, after: JsonObject): void {
  if (JSON.stringify(before) === JSON.stringify(after)) return
  const content = { $schema: './node_modules/wrangler/config-schema.json', ...after }
  writeFileSync(join(projectRoot, settingsFile), `${JSON.stringify(content, undefined, 2)}\n`)
}

/** Reads wrangler.jsonc, which a fork made by the Deploy to Cloudflare button may have changed. */
export function readTrackedConfig(): JsonObject {
  const config: unknown = JSON.parse(stripComments(readFileSync(join(projectRoot, 'wrangler.jsonc'), 'utf8')))
  if (!isJsonObject(config))
    throw new DeployError('wrangler.jsonc must be a JSON object: restore it with `git checkout wrangler.jsonc`.')
  return config
}

/** Removes comments, and commas before a closing bracket. Strings stay unchanged. */
function stripComments(jsonc: string): string {
  const withoutComments = jsonc.replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '$1')
  return withoutComments.replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, '$1')
}

/**
 * Merges the user's settings into Weir's. Objects are merged, bindings by name; flags are joined into one list.
 * Any other list replaces Weir's.
 */
export function mergeConfig(base: JsonObject, settings: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...base }
  // The keys of a placement are mutually exclusive.
  for (const [key, value] of Object.entries(settings))
    merged[key] = key === 'placement' ? value : mergeValue(base[key], value)
  return merged
}

function mergeValue(base: unknown, value: unknown): unknown {
  if (isJsonObject(base) && isJsonObject(value)) return mergeConfig(base, value)
  if (!Array.isArray(base) || !Array.isArray(value)) return value
  if ([...base, ...value].every((item) => typeof item === 'string')) return [...new Set([...base, ...value])]
  if (![...base, ...value].every((item) => nameOf(item) !== undefined)) return value
  const known = new Map<unknown, unknown>(base.map((item) => [nameOf(item), item]))
  for (const item of value) known.set(nameOf(item), mergeValue(known.get(nameOf(item)), item))
  return [...known.values()]
}

/** Returns the name of a binding. Durable Objects have it in `name`. */
function nameOf(item: unknown): unknown {
  return isJsonObject(item) ? (item.binding ?? (item.class_name === undefined ? undefined : item.name)) : undefined
}

/** Finds one binding of a configuration. */
export function findBinding(config: JsonObject, list: string, binding: string): JsonObject | undefined {
  const bindings = config[list]
  return Array.isArray(bindings) ? bindings.filter(isJsonObject).find((item) => item.binding === binding) : undefined
}

/** Returns the configuration with one binding added or extended. */
export function withBinding(config: JsonObject, list: string, binding: JsonObject): JsonObject {
  return mergeConfig({ ...config, [list]: config[list] ?? [] }, { [list]: [binding] })
}

/**
 * Writes the configuration for wrangler and returns its path. The file is beside wrangler.jsonc, because its paths are
 * relative. Only the user may read it, because variables may be private.
 */
export function writeGeneratedConfig(name: string, config: JsonObject): string {
  const path = join(projectRoot, name)
  writeFileSync(path, JSON.stringify(config, undefined, 2), { mode: 0o600 })
  return path
}
