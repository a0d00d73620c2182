import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { expandSchema } from './expand-schema.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { readTypes } from './read-types.ts'
import { sampleArray } from './sample-array.ts'
import { sampleNumber } from './sample-number.ts'
import { sampleObject } from './sample-object.ts'
import { sampleString } from './sample-string.ts'
import type { Place, Sampler } from './sampler.ts'

/** A schema of mutually recursive definitions can ask for more values than there are atoms. */
const mostSteps = 20_000

/** What else than a value counts as a step, so that few values cannot cost much: so many characters, and every pattern ten times. */
const charactersPerStep = 100
const stepsPerPattern = 10

/** From here on, optional properties and items are left out. */
const frugalAfterSteps = 4_000

/**
 * A value that satisfies a JSON schema (draft 2020-12), the same every time. `hint` is the user's text, which goes into fields such as `query`.
 *
 * Heeds types, enums, constants, composition, references, objects, arrays, strings with their formats and patterns, and numbers.
 * Does not heed `not`, `if`, `dependent*`, `unevaluated*`, `propertyNames`; of `oneOf` it fits the first branch, without checking
 * that it fits no other. A schema that nothing satisfies gets an empty object.
 */
export function sampleSchema(schema: unknown, hint: string): unknown {
  let steps = 0

  function takeStep(): boolean {
    steps += 1
    return steps <= mostSteps
  }

  function sample(part: unknown, place: Place): unknown {
    if (part === false || !takeStep()) return undefined
    if (!isJsonObject(part)) return 'demo'
    const expanded = expandSchema(part, place, { root: schema, takeStep })
    if (expanded === undefined) return undefined
    if (expanded.schema.pattern !== undefined) steps += stepsPerPattern
    const value = sampleExpanded(expanded.schema, expanded.place, sampler)
    if (typeof value === 'string') steps += value.length / charactersPerStep
    return value
  }

  const sampler: Sampler = { sample, hint, isFrugal: () => steps > frugalAfterSteps }
  const value = sample(schema, { name: '', variant: 0, references: [] })
  return value === undefined ? {} : value
}

/** Undefined stands for "nothing satisfies this", which JSON has no word for. */
function sampleExpanded(schema: JsonObject, place: Place, sampler: Sampler): unknown {
  for (const keyword of ['anyOf', 'oneOf']) {
    const { [keyword]: branches, ...rest } = schema
    if (!Array.isArray(branches)) continue
    const ordered = sampler.isFrugal()
      ? branches.toSorted((left, right) => Number(isNull(right)) - Number(isNull(left)))
      : branches
    return sampleFirst(ordered, rest, (merged) => sampler.sample(merged, place))
  }
  const types = readTypes(schema)
  if ('const' in schema) return schema.const
  const values = schema.enum
  if (Array.isArray(values)) return pickValue(values, types, place.variant)
  for (const type of types) {
    const value = sampleType(type, { schema, place, sampler })
    if (value !== undefined) return value
  }
  return types.length === 0 && !Array.isArray(schema.type) ? 'demo' : undefined
}

function sampleFirst(branches: readonly unknown[], rest: JsonObject, sample: (schema: unknown) => unknown): unknown {
  for (const branch of branches) {
    if (branch === false) continue
    const value = sample(isJsonObject(branch) ? mergeSchemas(rest, branch) : rest)
    if (value !== undefined) return value
  }
  return undefined
}

/** The way out of a recursion. */
function isNull(schema: unknown): boolean {
  return isJsonObject(schema) && schema.type === 'null'
}

function pickValue(values: readonly unknown[], types: readonly string[], variant: number): unknown {
  const fitting = types.length === 0 ? values : values.filter((value) => types.some((type) => isOfType(value, type)))
  return fitting[variant % fitting.length]
}

function isOfType(value: unknown, type: string): boolean {
  if (value === null) return type === 'null'
  if (Array.isArray(value)) return type === 'array'
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

interface TypedPart {
  readonly schema: JsonObject
  readonly place: Place
  readonly sampler: Sampler
}

function sampleType(type: string, { schema, place, sampler }: TypedPart): unknown {
  switch (type) {
    case 'object':
      return sampleObject(schema, place, sampler)
    case 'array':
      return sampleArray(schema, place, sampler)
    case 'string':
      return sampleString(schema, place, sampler.hint)
    case 'integer':
    case 'number':
      return sampleNumber(schema, place, type === 'integer')
    case 'boolean':
      return place.variant % 2 === 0
    case 'null':
      return null
    default:
      return undefined
  }
}
