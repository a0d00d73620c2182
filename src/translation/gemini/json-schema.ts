import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { toCamelNames } from './gemini-fields.ts'

/**
 * Converts Google's `Schema`, a part of OpenAPI 3.0 in protobuf's JSON, to JSON Schema.
 * Source: https://ai.google.dev/api/caching#Schema, read on 2026-11-30.
 */
export function toJsonSchema(schema: JsonObject): JsonObject {
  const { type, nullable, format, example, propertyOrdering, properties, items, anyOf, ...rest } = toCamelNames(schema)
  const name = typeof type === 'string' && type !== 'TYPE_UNSPECIFIED' ? type.toLowerCase() : undefined
  const isNullable = nullable === true
  const { enum: values } = rest
  return {
    ...(name !== undefined && { type: isNullable ? [name, 'null'] : name }),
    ...Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [key, lengths.has(key) ? toNumber(value) : value]),
    ),
    ...(isNullable && Array.isArray(values) && { enum: [...values, null] }),
    // Google's mark of a list of values, which JSON Schema does not know.
    ...(format !== undefined && format !== 'enum' && { format }),
    ...(example !== undefined && { examples: [example] }),
    ...(isJsonObject(properties) && { properties: toProperties(properties, propertyOrdering) }),
    ...(isJsonObject(items) && { items: toJsonSchema(items) }),
    ...(Array.isArray(anyOf) && { anyOf: anyOf.filter(isJsonObject).map(toJsonSchema) }),
  }
}

/** A model writes properties in the order of the schema. */
function toProperties(properties: JsonObject, ordering: unknown): JsonObject {
  const first = Array.isArray(ordering)
    ? ordering.filter((name) => typeof name === 'string' && Object.hasOwn(properties, name))
    : []
  const names = [...new Set<string>([...first, ...Object.keys(properties)])]
  return Object.fromEntries(
    names.map((name) => {
      const property = properties[name]
      return [name, isJsonObject(property) ? toJsonSchema(property) : property]
    }),
  )
}

/** Whole numbers of 64 bits, which protobuf's JSON writes as strings. */
const lengths: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
])

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && value !== '' ? Number(value) : value
}

/**
 * Writes each constant as a list of one value, because Google documents no `const` for `responseJsonSchema`.
 * Source: the types of @google/genai 3.3.0, read on 2026-11-30.
 */
export function withoutConstants(schema: unknown): unknown {
  if (!isJsonObject(schema)) return schema
  const { const: constant, ...rest } = schema
  const keywords = Object.entries(rest).map(([keyword, value]) => {
    if (named.has(keyword) && isJsonObject(value))
      return [keyword, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutConstants(each)]))]
    if (!nested.has(keyword)) return [keyword, value]
    return [keyword, Array.isArray(value) ? value.map(withoutConstants) : withoutConstants(value)]
  })
  return { ...Object.fromEntries(keywords), ...(constant !== undefined && { enum: [constant] }) }
}

/** Keywords with schemas by their names. */
const named: ReadonlySet<string> = new Set(['properties', '$defs'])

/** Keywords with a schema or a list of them. */
const nested: ReadonlySet<string> = new Set(['items', 'prefixItems', 'anyOf', 'oneOf', 'additionalProperties'])
