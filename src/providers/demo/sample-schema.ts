import { isJsonObject, type JsonObject } from '../../core/json.ts'

/** How often one reference is followed on the way to a value (once for a tree, once for its branches), and how many references in all. */
const maxVisits = 2
const maxPathLength = 32

/** From here on no reference is followed and no item added: definitions that name one another can ask for more values than there are atoms. */
const maxValues = 2_000

/** A `minLength` and a `minItems` beyond these are not met. */
const maxStringLength = 2_000
const maxListLength = 100

/** Values of the formats that JSON schema names; the addresses are reserved for documentation. */
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

/** What a property of a certain name is likely to want; undefined stands for the user's text. The last word of `shippingCity` counts. */
const likelyStrings: readonly (readonly [RegExp, string | undefined])[] = [
  [/(query|question|prompt|text|message|search|topic)$/i, undefined],
  [/(city|location|place|destination)$/i, 'Paris'],
  [/e-?mail$/i, formats.email],
  [/(url|uri|link|website)$/i, formats.uri],
]

/**
 * A value that satisfies a JSON schema (draft 2020-12), the same every time. `hint` is the user's text, which goes into fields such as `query`.
 *
 * Heeds `const`, `enum`, `default`, `type`, references, composition, properties, items, and the bounds of numbers, texts and lists. Of `anyOf` and
 * `oneOf` it takes the first branch that it can satisfy. Heeds nothing else: where a `pattern` is asked for, a plain text stands.
 * A schema that nothing satisfies, or nothing within the bounds, gets an empty object.
 */
export function sampleSchema(root: unknown, hint: string): unknown {
  let values = 0

  /** Undefined where nothing satisfies the part, which JSON has no word for. `way` is the references that were followed to get here. */
  function sample(part: unknown, name: string, way: readonly string[]): unknown {
    const expanded = expand(part, way)
    if (expanded === undefined) return undefined
    const { anyOf, oneOf, ...schema } = expanded.schema
    const branches = anyOf ?? oneOf
    if (Array.isArray(branches)) {
      for (const branch of branches) {
        const value = sample({ allOf: [schema, branch] }, name, expanded.way)
        if (value !== undefined) return value
      }
      return undefined
    }
    if ('const' in schema) return schema.const
    if (Array.isArray(schema.enum)) return schema.enum[0]
    if ('default' in schema) return schema.default
    const type = readType(schema)
    if (type === 'object') return sampleObject(schema, expanded.way)
    if (type === 'array') return sampleArray(schema, name, expanded.way)
    if (type === 'integer' || type === 'number') return sampleNumber(schema)
    if (type === 'boolean') return true
    if (type === 'null') return null
    const text = sampleText(schema, name, hint)
    // A long text counts for several values.
    values += text.length / 100
    return text
  }

  /** Replaces `$ref` and `allOf` by what they stand for. */
  function expand(part: unknown, way: readonly string[]): Expanded | undefined {
    values += 1
    if (part === false) return undefined
    if (!isJsonObject(part)) return { schema: {}, way }
    const { $ref, allOf, ...rest } = part
    const parts = [...toList(allOf)]
    let onward = way
    if (typeof $ref === 'string') {
      const visits = way.filter((reference) => reference === $ref).length
      if (visits === maxVisits || way.length === maxPathLength || values > maxValues) return undefined
      parts.unshift(findTarget(root, $ref) ?? false)
      onward = [...way, $ref]
    }
    let schema: JsonObject = {}
    const followed = new Set<string>()
    for (const each of parts) {
      const inner = expand(each, onward)
      if (inner === undefined) return undefined
      schema = merge(schema, inner.schema)
      for (const reference of inner.way.slice(onward.length)) followed.add(reference)
    }
    return { schema: merge(schema, rest), way: [...onward, ...followed] }
  }

  function sampleObject({ properties, required, additionalProperties = true }: JsonObject, way: readonly string[]) {
    const parts = isJsonObject(properties) ? properties : {}
    const needed = new Set(toList(required).filter((name) => typeof name === 'string'))
    const entries: [string, unknown][] = []
    for (const name of new Set([...Object.keys(parts), ...needed])) {
      const value = sample(Object.hasOwn(parts, name) ? parts[name] : additionalProperties, name, way)
      if (value !== undefined) entries.push([name, value])
      else if (needed.has(name)) return undefined
    }
    // Not a literal: a property named __proto__ has to become one.
    return Object.fromEntries(entries)
  }

  function sampleArray({ prefixItems, items, minItems, maxItems }: JsonObject, name: string, way: readonly string[]) {
    const prefix = toList(prefixItems)
    const least = readNumber(minItems, 0)
    const wanted = Math.min(maxListLength, readNumber(maxItems, maxListLength), Math.max(1, least, prefix.length))
    const list: unknown[] = []
    while (list.length < wanted && values <= maxValues) {
      const value = sample(list.length < prefix.length ? prefix[list.length] : items, name, way)
      if (value === undefined) break
      list.push(value)
    }
    return list.length < least ? undefined : list
  }

  const value = sample(root, '', [])
  return value === undefined ? {} : value
}

interface Expanded {
  readonly schema: JsonObject
  readonly way: readonly string[]
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

/** One schema for two. Properties and what is required add up; of any other keyword that both have, the right one stays. */
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

/** The type that a schema names, not null if it may be another; else the one that its keywords are about. */
function readType(schema: JsonObject): unknown {
  const { type } = schema
  if (Array.isArray(type)) return type.find((name) => name !== 'null') ?? type[0]
  if (type !== undefined) return type
  if ('properties' in schema || 'required' in schema) return 'object'
  if ('items' in schema || 'prefixItems' in schema) return 'array'
  return numberKeywords.some((keyword) => keyword in schema) ? 'number' : 'string'
}

/** The first of some likely numbers that keeps to the bounds. */
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

/** 3 × 0.1 is 0.30000000000000004, which is no multiple of 0.1 to a reader. */
function tidy(value: number): number {
  return Number(value.toPrecision(15))
}

function sampleText({ format, minLength, maxLength }: JsonObject, name: string, hint: string): string {
  if (typeof format === 'string' && Object.hasOwn(formats, format)) return formats[format] ?? ''
  const [, likely = hint] = likelyStrings.find(([names]) => names.test(name)) ?? [undefined, '']
  // Lengths are counted in characters, as JSON schema does.
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
