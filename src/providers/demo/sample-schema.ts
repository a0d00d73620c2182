import { isJsonObject, type JsonObject } from '../../core/json.ts'

/**
 * How often one reference is followed on the path to a value (once for a tree, once for its branches), and the maximum
 * number of references on a path.
 */
const maxVisits = 2
const maxPathLength = 32

/**
 * Beyond this many values no reference is followed and no item added: definitions that refer to each other can require
 * more values than there are atoms.
 */
const maxValues = 2_000

/** A larger `minLength` or `minItems` is not met. */
const maxStringLength = 2_000
const maxListLength = 100

/** Values of JSON schema's formats; the addresses are reserved for documentation. */
const formats: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T12:00:00Z',
  date: '2026-01-01',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'demo@example.com',
  hostname: 'demo.example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/demo',
}

/**
 * Likely values by the name of a property; undefined means the user's text. The last word of `shippingCity` decides.
 */
const likelyStrings: readonly (readonly [RegExp, string | undefined])[] = [
  [/(query|question|prompt|text|message|search|topic)$/i, undefined],
  [/(city|location|place|destination)$/i, 'Paris'],
  [/e-?mail$/i, formats.email],
  [/(url|uri|link|website)$/i, formats.uri],
]

/**
 * Returns a value that satisfies a JSON schema (draft 2020-12), the same every time. `hint` is the user's text, which
 * fills fields such as `query`.
 *
 * Supports `const`, `enum`, `default`, `type`, references, composition, properties, items, and the bounds of numbers,
 * strings and lists. Of `anyOf` and `oneOf` it uses the first branch that it can satisfy. Ignores all other keywords: a
 * string with a `pattern` is a plain string.
 * A schema that no value satisfies, or none within the bounds, yields an empty object.
 */
export function sampleSchema(root: unknown, hint: string): unknown {
  let values = 0

  /**
   * Returns undefined if no value satisfies the part; JSON has no undefined. `path` is the list of references that led
   * here.
   */
  function sample(part: unknown, name: string, path: readonly string[]): unknown {
    const expanded = expand(part, path)
    if (expanded === undefined) return undefined
    const { anyOf, oneOf, ...schema } = expanded.schema
    const branches = anyOf ?? oneOf
    if (Array.isArray(branches)) {
      for (const branch of branches) {
        const value = sample({ allOf: [schema, branch] }, name, expanded.path)
        if (value !== undefined) return value
      }
      return undefined
    }
    if ('const' in schema) return schema.const
    if (Array.isArray(schema.enum)) return schema.enum[0]
    if ('default' in schema) return schema.default
    const type = readType(schema)
    if (type === 'object') return sampleObject(schema, expanded.path)
    if (type === 'array') return sampleArray(schema, name, expanded.path)
    if (type === 'integer' || type === 'number') return sampleNumber(schema)
    if (type === 'boolean') return true
    if (type === 'null') return null
    const string = sampleString(schema, name, hint)
    // A long string counts as several values.
    values += string.length / 100
    return string
  }

  /** Replaces `$ref` and `allOf` by the schemas that they refer to. */
  function expand(part: unknown, path: readonly string[]): Expanded | undefined {
    values += 1
    if (part === false) return undefined
    if (!isJsonObject(part)) return { schema: {}, path }
    const { $ref, allOf, ...rest } = part
    const parts = [...toList(allOf)]
    let onward = path
    if (typeof $ref === 'string') {
      const visits = path.filter((reference) => reference === $ref).length
      if (visits === maxVisits || path.length === maxPathLength || values > maxValues) return undefined
      parts.unshift(findTarget(root, $ref) ?? false)
      onward = [...path, $ref]
    }
    let schema: JsonObject = {}
    const followed = new Set<string>()
    for (const each of parts) {
      const inner = expand(each, onward)
      if (inner === undefined) return undefined
      schema = merge(schema, inner.schema)
      for (const reference of inner.path.slice(onward.length)) followed.add(reference)
    }
    return { schema: merge(schema, rest), path: [...onward, ...followed] }
  }

  function sampleObject({ properties, required, additionalProperties = true }: JsonObject, path: readonly string[]) {
    const parts = isJsonObject(properties) ? properties : {}
    const needed = new Set(toList(required).filter((name) => typeof name === 'string'))
    const entries: [string, unknown][] = []
    for (const name of new Set([...Object.keys(parts), ...needed])) {
      const value = sample(Object.hasOwn(parts, name) ? parts[name] : additionalProperties, name, path)
      if (value !== undefined) entries.push([name, value])
      else if (needed.has(name)) return undefined
    }
    // fromEntries, not assignment: a property named __proto__ must become an own property.
    return Object.fromEntries(entries)
  }

  function sampleArray({ prefixItems, items, minItems, maxItems }: JsonObject, name: string, path: readonly string[]) {
    const prefix = toList(prefixItems)
    const min = readNumber(minItems, 0)
    const length = Math.min(maxListLength, readNumber(maxItems, maxListLength), Math.max(1, min, prefix.length))
    const list: unknown[] = []
    while (list.length < length && values <= maxValues) {
      const value = sample(list.length < prefix.length ? prefix[list.length] : items, name, path)
      if (value === undefined) break
      list.push(value)
    }
    return list.length < min ? undefined : list
  }

  const value = sample(root, '', [])
  return value === undefined ? {} : value
}

interface Expanded {
  readonly schema: JsonObject
  readonly path: readonly string[]
}

/** Follows a JSON pointer within the schema (RFC 6901). */
function findTarget(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined
  let target = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, name)) return undefined
    target = Reflect.get(target, name)
  }
  return target
}

/** Merges two schemas. Adds up properties and required names; for any other keyword of both, the right one wins. */
function merge(left: JsonObject, right: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...left, ...right }
  if ('required' in left) merged.required = [...toList(left.required), ...toList(right.required)]
  if (isJsonObject(left.properties) && isJsonObject(right.properties)) {
    const properties = new Map(Object.entries(left.properties))
    for (const [name, part] of Object.entries(right.properties))
      properties.set(name, properties.has(name) ? { allOf: [properties.get(name), part] } : part)
    merged.properties = Object.fromEntries(properties)
  }
  return merged
}

const numberKeywords = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']

/** Returns the type that a schema names, preferably not null; else the type to which its keywords apply. */
function readType(schema: JsonObject): unknown {
  const { type } = schema
  if (Array.isArray(type)) return type.find((name) => name !== 'null') ?? type[0]
  if (type !== undefined) return type
  if ('properties' in schema || 'required' in schema) return 'object'
  if ('items' in schema || 'prefixItems' in schema) return 'array'
  return numberKeywords.some((keyword) => keyword in schema) ? 'number' : 'string'
}

/** Returns the first of some likely numbers that is within the bounds. */
function sampleNumber({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: JsonObject) {
  const low = Math.max(readNumber(minimum, -Infinity), readNumber(exclusiveMinimum, -Infinity))
  const high = Math.min(readNumber(maximum, Infinity), readNumber(exclusiveMaximum, Infinity))
  const step = readNumber(multipleOf, 1)
  const [first, last] = [tidy(Math.ceil(low / step) * step), tidy(Math.floor(high / step) * step)]
  return [1, step, first, first + step, last, last - step, (low + high) / 2, low, high, 0].find(
    (candidate) =>
      Number.isFinite(candidate) &&
      candidate >= low &&
      candidate <= high &&
      candidate !== exclusiveMinimum &&
      candidate !== exclusiveMaximum &&
      Number.isInteger(type === 'integer' ? candidate : 0) &&
      Number.isInteger(multipleOf === undefined ? 0 : tidy(candidate / step)),
  )
}

/** Rounds 3 × 0.1 = 0.30000000000000004 to 0.3, which a reader accepts as a multiple of 0.1. */
function tidy(value: number): number {
  return Number(value.toPrecision(15))
}

function sampleString({ format, minLength, maxLength }: JsonObject, name: string, hint: string): string {
  if (typeof format === 'string' && Object.hasOwn(formats, format)) return formats[format] ?? ''
  const [, likely = hint] = likelyStrings.find(([names]) => names.test(name)) ?? [undefined, '']
  // JSON schema counts lengths in characters.
  const characters = [...(likely === '' ? `demo ${name}`.trim() : likely)]
  while (characters.length < Math.min(maxStringLength, readNumber(minLength, 0))) characters.push('o')
  return characters.slice(0, readNumber(maxLength, maxStringLength)).join('')
}

function readNumber(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
