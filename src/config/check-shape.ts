import type * as z from 'zod'
import { didYouMean } from '../core/did-you-mean.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Path, Problems } from './config-error.ts'
import { namesBelow } from './config-keys.ts'
import { type CompleteConfig, configSchema } from './schema.ts'

/** Taking a wrong value away may uncover another; the schema is five levels deep. */
const roundLimit = 6

/**
 * Checks the configuration against the schema. What is wrong is reported and left out of what is returned, so that the checks that follow
 * can look at the rest and everything is reported at once.
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
  const all = `There are ${names.map((name) => `\`${name}\``).join(', ')}`
  return `is not a key here. ${didYouMean(key, names) ?? all}`
}

/** A copy without what is at the path. Of a list it is all that goes, since its other elements would move. */
function without(config: JsonObject, path: Path): JsonObject {
  const listAt = path.findIndex((key) => typeof key === 'number')
  const [name, ...rest] = listAt === -1 ? path : path.slice(0, listAt)
  if (name === undefined) return {}
  const inner = config[String(name)]
  const { [String(name)]: _removed, ...others } = config
  return rest.length === 0 || !isJsonObject(inner) ? others : { ...others, [String(name)]: without(inner, rest) }
}
