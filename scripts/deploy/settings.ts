import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, type JsonObject } from '../../src/core/json.ts'
import { DeployError } from './deploy-error.ts'
import { projectRoot } from './wrangler.ts'

// Two files make the configuration of a deployment: wrangler.jsonc, which git tracks and only Weir's developers edit, and the user's own,
// which git ignores. Wrangler gets both as one, in a third file that each deployment writes anew.

/** The user's file, in wrangler's own format: any key of wrangler.jsonc may stand in it, and wins. */
export const settingsFile = 'weir.deploy.json'

/** It stays for wrangler's other commands: `npx wrangler tail --config wrangler.generated.json`. */
export const generatedFile = 'wrangler.generated.json'

export function readSettings(): JsonObject {
  const path = join(projectRoot, settingsFile)
  if (!existsSync(path)) return {}
  let settings: unknown
  try {
    settings = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new DeployError(
      `${settingsFile} is not JSON (${String(Object(error).message)}): correct it, and remember that it holds no comments.`,
    )
  }
  if (!isJsonObject(settings)) throw new DeployError(`${settingsFile} must hold one object, as wrangler.jsonc does.`)
  return settings
}

/** Writes what is to be remembered. The file stays as it is where that changes nothing. */
export function saveSettings(before: JsonObject, after: JsonObject): void {
  if (JSON.stringify(before) === JSON.stringify(after)) return
  const text = { $schema: './node_modules/wrangler/config-schema.json', ...after }
  writeFileSync(join(projectRoot, settingsFile), `${JSON.stringify(text, undefined, 2)}\n`)
}

/** wrangler.jsonc, or what a fork by the Deploy to Cloudflare button has made of it. */
export function readTrackedConfig(): JsonObject {
  const config: unknown = JSON.parse(stripComments(readFileSync(join(projectRoot, 'wrangler.jsonc'), 'utf8')))
  if (!isJsonObject(config))
    throw new DeployError('wrangler.jsonc must hold one object: restore it with `git checkout wrangler.jsonc`.')
  return config
}

/** Also takes out commas before a closing bracket. Texts stay as they are. */
function stripComments(text: string): string {
  const withoutComments = text.replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '$1')
  return withoutComments.replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, '$1')
}

/**
 * The user's settings over Weir's. Objects are merged, bindings by their names and flags into one list, so that nothing of Weir's is lost
 * by naming something of one's own; any other list takes the place of Weir's.
 */
export function mergeConfig(base: JsonObject, settings: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...base }
  // The keys of a placement exclude one another.
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

/** Durable Objects call it `name`. */
function nameOf(item: unknown): unknown {
  return isJsonObject(item) ? (item.binding ?? (item.class_name === undefined ? undefined : item.name)) : undefined
}

/** One binding of a configuration. */
export function findBinding(config: JsonObject, list: string, binding: string): JsonObject | undefined {
  const bindings = config[list]
  return Array.isArray(bindings) ? bindings.filter(isJsonObject).find((item) => item.binding === binding) : undefined
}

/** The same configuration with one binding added, or with more said of it. */
export function withBinding(config: JsonObject, list: string, binding: JsonObject): JsonObject {
  return mergeConfig({ ...config, [list]: config[list] ?? [] }, { [list]: [binding] })
}

/**
 * Writes the configuration for wrangler and gives its path: beside wrangler.jsonc, since paths in it are relative to it. Readable by the user
 * alone, since variables may be private.
 */
export function writeGeneratedConfig(name: string, config: JsonObject): string {
  const path = join(projectRoot, name)
  writeFileSync(path, JSON.stringify(config, undefined, 2), { mode: 0o600 })
  return path
}
