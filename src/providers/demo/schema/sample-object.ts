import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { samplePattern } from './sample-pattern.ts'
import type { Place, Sampler } from './sampler.ts'

/** A `minProperties` beyond this is not met. */
const mostProperties = 1_000

/** An object with all the properties it is asked for and may have, in the order of the schema. */
export function sampleObject(schema: JsonObject, place: Place, sampler: Sampler): unknown {
  const properties = isJsonObject(schema.properties) ? schema.properties : {}
  const required = readRequired(schema)
  const names = [...new Set([...Object.keys(properties), ...required])]
  const most = typeof schema.maxProperties === 'number' ? schema.maxProperties : Number.POSITIVE_INFINITY
  const takesOptional = names.length <= most && !sampler.isFrugal()
  const entries = new Map<string, unknown>()
  for (const name of takesOptional ? names : required) {
    const part = Object.hasOwn(properties, name) ? properties[name] : findFurther(schema)
    const value = sampler.sample(part, { ...place, name })
    if (value !== undefined) entries.set(name, value)
  }
  if ([...required].some((name) => !entries.has(name))) return undefined
  const least = Math.min(mostProperties, readLeast(schema, names.length))
  const sampleFurther = (name: string) => sampler.sample(findFurther(schema), { ...place, name })
  // Not a literal: a property named __proto__ has to become one.
  return addFurther(entries, least, sampleFurther, schema) ? Object.fromEntries(entries) : undefined
}

function readRequired(schema: JsonObject): ReadonlySet<string> {
  const list: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
  return new Set(list.filter((name) => typeof name === 'string'))
}

function readLeast(schema: JsonObject, nameCount: number): number {
  const { minProperties: least } = schema
  return typeof least === 'number' ? least : Number(nameCount === 0 && isJsonObject(schema.additionalProperties))
}

/** Adds properties that have no name in the schema. False where the schema wants some and allows none. */
function addFurther(
  entries: Map<string, unknown>,
  least: number,
  sample: (name: string) => unknown,
  schema: JsonObject,
): boolean {
  const [pattern] = Object.keys(isJsonObject(schema.patternProperties) ? schema.patternProperties : {})
  for (let attempt = 0; entries.size < least && attempt < 2 * mostProperties; attempt += 1) {
    const name =
      pattern === undefined ? `demo${attempt + 1}` : samplePattern(pattern, { least: attempt, most: mostProperties })
    if (entries.has(name)) continue
    const value = sample(name)
    if (value === undefined) return typeof schema.minProperties !== 'number'
    entries.set(name, value)
  }
  return true
}

function findFurther(schema: JsonObject): unknown {
  const patterns = schema.patternProperties
  const [first] = isJsonObject(patterns) ? Object.values(patterns) : []
  return first ?? schema.additionalProperties ?? true
}
