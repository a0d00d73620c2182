import { isJsonObject, type JsonObject } from '../../src/core/json.ts'
import { DeployError } from './deploy-error.ts'
import { withBinding } from './settings.ts'

/** The command line's options, parsed by scripts/worker.mjs. */
export interface Options {
  readonly r2?: boolean
  readonly 'no-r2'?: boolean
  readonly name?: string
  readonly demo?: boolean
  readonly 'dry-run'?: boolean
  readonly 'update-secrets'?: boolean
}

/**
 * Applies the command line's options to the user's settings. `usualName` is the Worker's name if the settings have
 * none.
 */
export function applyOptions(before: JsonObject, options: Options, usualName: string): JsonObject {
  const named = options.name === undefined ? before : rename(before, options.name, usualName)
  if (options['no-r2'] === true) return { ...named, r2_buckets: listBindings(named.r2_buckets).filter(isNot('IMAGES')) }
  return options.r2 === true ? withBinding(named, 'r2_buckets', { binding: 'IMAGES' }) : named
}

/** Renames the Worker. A new name drops the stored database and bucket, because each Worker has its own. */
function rename(before: JsonObject, name: string, usualName: string): JsonObject {
  if (!/^[a-z0-9]([a-z0-9-]{0,52}[a-z0-9])?$/.test(name))
    throw new DeployError('--name takes up to 54 lowercase letters, digits and dashes, such as weir-2.')
  if (name === (before.name ?? usualName)) return { ...before, name }
  const { d1_databases: databases, r2_buckets: buckets, ...others } = before
  return {
    ...others,
    name,
    ...(databases !== undefined && { d1_databases: listBindings(databases).filter(isNot('DB')) }),
    ...(buckets !== undefined && {
      r2_buckets: listBindings(buckets).map((item) => (item.binding === 'IMAGES' ? { binding: 'IMAGES' } : item)),
    }),
  }
}

function listBindings(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function isNot(binding: string): (item: JsonObject) => boolean {
  return (item) => item.binding !== binding
}
