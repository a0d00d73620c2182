import type * as z from 'zod'
import { didYouMean } from '../core/did-you-mean.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Path, Problems } from './config-error.ts'
import { namesBelow } from './config-keys.ts'
import { type CompleteConfig, configSchema } from './schema.ts'

/** Removing an invalid value may uncover another one; the schema is eight levels deep, lists included. */
const roundLimit = 9

/**
 * Checks the configuration against the schema. Reports every invalid value and returns the configuration without it:
 * later checks then run on the rest, and one run reports all problems.
 */
export function checkShape(config: JsonObject, problems: Problems): CompleteConfig {
  let remaining = config
  for (let round = 0; round < roundLimit; round += 1) {
    const result = configSchema.safeParse(remaining)
    if (result.success) return result.data
    for (const issue of result.error.issues) {
      for (const [path, message] of describe(issue)) {
        problems.add(path, message)
        remaining = without(remaining, path)
      }
    }
  }
  return configSchema.parse({})
}

function describe(issue: z.core.$ZodIssue): readonly (readonly [Path, string])[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => [[...issue.path, key], describeUnknown(issue.path, key)] as const)
    case 'invalid_key':
      return [[issue.path, issue.issues[0]?.message ?? issue.message]]
    default:
      return [[issue.path, issue.path.length === 0 ? 'must be a mapping of keys to values' : issue.message]]
  }
}

function describeUnknown(path: Path, key: string): string {
  const names = namesBelow(path)
  const known = `Known keys: ${names.map((name) => `\`${name}\``).join(', ')}`
  return `is not a configuration key. ${didYouMean(key, names) ?? known}`
}

/** Returns a copy without the value at the path. A list is removed whole, because its other elements would move. */
function without(config: JsonObject, path: Path): JsonObject {
  const listAt = path.findIndex((key) => typeof key === 'number')
  const [name, ...rest] = listAt === -1 ? path : path.slice(0, listAt)
  if (name === undefined) return {}
  const inner = config[String(name)]
  const { [String(name)]: _removed, ...others } = config
  return rest.length === 0 || !isJsonObject(inner) ? others : { ...others, [String(name)]: without(inner, rest) }
}
