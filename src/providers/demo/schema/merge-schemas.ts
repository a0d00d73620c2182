import { isJsonObject, type JsonObject } from '../../../core/json.ts'

type Merge = (left: unknown, right: unknown) => unknown

/** Products of two lists of alternatives are cut here. */
const mostAlternatives = 64

const merges: Readonly<Record<string, Merge>> = {
  type: intersectTypes,
  enum: intersectValues,
  required: (left, right) => [...new Set([...toList(left), ...toList(right)])],
  properties: mergeProperties,
  patternProperties: mergeProperties,
  $defs: mergeProperties,
  items: both,
  additionalProperties: both,
  contains: both,
  allOf: (left, right) => [...toList(left), ...toList(right)],
  anyOf: multiply,
  oneOf: multiply,
  uniqueItems: (left, right) => left === true || right === true,
  ...boundBy(Math.max, ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']),
  ...boundBy(Math.min, ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']),
}

/** One schema that asks for what both ask for. Where a keyword's two values cannot be joined, the right one stays. */
export function mergeSchemas(left: JsonObject, right: JsonObject): JsonObject {
  const merged: [string, unknown][] = Object.entries({ ...left, ...right }).map(([keyword, value]) => {
    // Object.hasOwn, since a keyword may be named `constructor`.
    const merge = Object.hasOwn(merges, keyword) ? merges[keyword] : undefined
    const isInBoth = Object.hasOwn(left, keyword) && Object.hasOwn(right, keyword)
    return [keyword, isInBoth && merge !== undefined ? merge(left[keyword], right[keyword]) : value]
  })
  return Object.fromEntries(merged)
}

function boundBy(choose: (left: number, right: number) => number, keywords: readonly string[]): Record<string, Merge> {
  function merge(left: unknown, right: unknown): unknown {
    return typeof left === 'number' && typeof right === 'number' ? choose(left, right) : right
  }
  return Object.fromEntries(keywords.map((keyword) => [keyword, merge]))
}

function toList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined ? [] : [value]
}

/** An integer is a number as well. */
function intersectTypes(left: unknown, right: unknown): unknown {
  const lefts = toList(left)
  const rights = toList(right)
  const common = lefts.filter((type) => rights.includes(type) || (type === 'integer' && rights.includes('number')))
  const narrowed = rights.filter((type) => type === 'integer' && lefts.includes('number') && !lefts.includes('integer'))
  return [...common, ...narrowed]
}

function intersectValues(left: unknown, right: unknown): unknown {
  const allowed = new Set(toList(right).map((value) => JSON.stringify(value)))
  return toList(left).filter((value) => allowed.has(JSON.stringify(value)))
}

function mergeProperties(left: unknown, right: unknown): unknown {
  if (!isJsonObject(left) || !isJsonObject(right)) return right
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])]
  return Object.fromEntries(
    names.map((name) => {
      if (!Object.hasOwn(left, name)) return [name, right[name]]
      return [name, Object.hasOwn(right, name) ? both(left[name], right[name]) : left[name]]
    }),
  )
}

/** Leaves the merging until someone needs a value here. */
function both(left: unknown, right: unknown): unknown {
  if (left === false || right === false) return false
  return { allOf: [left, right] }
}

function multiply(left: unknown, right: unknown): unknown {
  return toList(left)
    .flatMap((first) => toList(right).map((second) => both(first, second)))
    .slice(0, mostAlternatives)
}
