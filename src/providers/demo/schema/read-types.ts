import type { JsonObject } from '../../../core/json.ts'

const typicalKeywords: readonly (readonly [string, readonly string[]])[] = [
  ['object', ['properties', 'required', 'additionalProperties', 'patternProperties', 'minProperties']],
  ['array', ['items', 'prefixItems', 'minItems', 'contains']],
  ['string', ['pattern', 'format', 'minLength', 'maxLength']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
]

/** The types that a schema allows, null last; if it names none, the one that its keywords are about; else an empty list. */
export function readTypes(schema: JsonObject): readonly string[] {
  const type = schema.type
  if (typeof type === 'string') return schema.nullable === true ? [type, 'null'] : [type]
  if (Array.isArray(type)) {
    const names = type.filter((name): name is string => typeof name === 'string')
    return [...names.filter((name) => name !== 'null'), ...names.filter((name) => name === 'null')]
  }
  if ('enum' in schema) return []
  const typical = typicalKeywords.find(([, keywords]) => keywords.some((keyword) => keyword in schema))
  return typical === undefined ? [] : [typical[0]]
}
