import { isJsonObject, type JsonObject } from '../../src/core/json.ts'

/** Finds a schema by its `$ref`. */
export type Resolve = (ref: string) => JsonObject

/**
 * Validates a value against the part of JSON Schema 2020-12 that Weir's schemas use, and returns the problems. Throws
 * for an unknown keyword, because it would otherwise go unchecked.
 */
export function checkJson(value: unknown, schema: JsonObject, resolve: Resolve, path = '$'): readonly string[] {
  const problems: string[] = []
  for (const [keyword, argument] of Object.entries(schema)) {
    const check = checks[keyword]
    if (check === undefined) throw new Error(`unknown keyword ${keyword}`)
    problems.push(...check({ value, argument, schema, resolve, path }))
  }
  return problems
}

interface Check {
  readonly value: unknown
  readonly argument: unknown
  readonly schema: JsonObject
  readonly resolve: Resolve
  readonly path: string
}

const nothing = () => []
const say = (isRight: boolean, problem: string) => (isRight ? [] : [problem])

const checks: Readonly<Record<string, (check: Check) => readonly string[]>> = {
  description: nothing,
  title: nothing,
  $schema: nothing,
  $comment: nothing,
  propertyNames: nothing,
  default: nothing,
  $ref: ({ value, argument, resolve, path }) => checkJson(value, resolve(String(argument)), resolve, path),
  type({ value, argument, path }) {
    const types = Array.isArray(argument) ? argument : [argument]
    return say(
      types.some((type) => isOfType(value, type)),
      `${path} is ${typeOf(value)}, not ${types.join(' or ')}`,
    )
  },
  const: ({ value, argument, path }) => say(value === argument, `${path} is not ${argument}`),
  enum: ({ value, argument, path }) =>
    say(Array.isArray(argument) && argument.includes(value), `${path} is ${value}, which is not listed`),
  minimum: ({ value, argument, path }) =>
    say(typeof value !== 'number' || value >= Number(argument), `${path} is below ${argument}`),
  maximum: ({ value, argument, path }) =>
    say(typeof value !== 'number' || value <= Number(argument), `${path} is above ${argument}`),
  maxLength: ({ value, argument, path }) =>
    say(typeof value !== 'string' || value.length <= Number(argument), `${path} has over ${argument} characters`),
  maxItems: ({ value, argument, path }) =>
    say(!Array.isArray(value) || value.length <= Number(argument), `${path} has over ${argument} items`),
  pattern: ({ value, argument, path }) =>
    say(typeof value !== 'string' || new RegExp(String(argument)).test(value), `${path} is not ${argument}`),
  format({ value, argument, path }) {
    const format = formats[String(argument)]
    if (format === undefined) throw new Error(`unknown format ${argument}`)
    return say(typeof value !== 'string' || format.test(value), `${path} is not a ${argument}`)
  },
  required({ value, argument, path }) {
    if (!isJsonObject(value) || !Array.isArray(argument)) return []
    return argument.filter((name) => !Object.hasOwn(value, name)).map((name) => `${path} lacks ${name}`)
  },
  properties({ value, argument, resolve, path }) {
    if (!isJsonObject(value)) return []
    return Object.entries(argument as Record<string, JsonObject>).flatMap(([name, schema]) =>
      Object.hasOwn(value, name) ? checkJson(value[name], schema, resolve, `${path}.${name}`) : [],
    )
  },
  additionalProperties({ value, argument, schema, resolve, path }) {
    if (!isJsonObject(value)) return []
    const known = Object.keys((schema.properties as object | undefined) ?? {})
    const others = Object.entries(value).filter(([name]) => !known.includes(name))
    if (argument === true) return []
    if (argument === false) return others.map(([name]) => `${path} has ${name}`)
    return others.flatMap(([name, inner]) => checkJson(inner, argument as JsonObject, resolve, `${path}.${name}`))
  },
  items({ value, argument, resolve, path }) {
    if (!Array.isArray(value)) return []
    return value.flatMap((item, index) => checkJson(item, argument as JsonObject, resolve, `${path}[${index}]`))
  },
  anyOf({ value, argument, resolve, path }) {
    const all = (argument as readonly JsonObject[]).map((schema) => checkJson(value, schema, resolve, path))
    return all.some((problems) => problems.length === 0) ? [] : (all[0] ?? [])
  },
}

const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  uri: /^[a-z][a-z0-9+.-]*:/,
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function isOfType(value: unknown, type: unknown): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeOf(value) === type
}
