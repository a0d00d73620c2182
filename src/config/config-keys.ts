import * as z from 'zod'
import { type KeyDocumentation, readDocumentation } from '../schema/key-documentation.ts'
import { configSchema } from './schema.ts'

/** Placeholder in a path for a name that the operator chooses. */
const anyName = '<name>'
/** The same for the entries of a list. */
const anyEntry = '[]'

/** One key of the configuration file, for the documentation, the suggestions and the environment. */
export interface ConfigKey {
  readonly path: readonly string[]
  /** A section has keys below it; every other key holds one value. */
  readonly type: 'section' | 'string' | 'number' | 'boolean' | 'choice' | 'list' | 'mapping'
  readonly choices: readonly string[]
  readonly default: unknown
  readonly documentation: KeyDocumentation
}

/** All keys in the order of the schema, each section before its keys. */
export const configKeys: readonly ConfigKey[] = keysBelow(configSchema, [])

/** Returns the key at a path of the operator's file. */
export function findKey(path: readonly PropertyKey[]): ConfigKey | undefined {
  return configKeys.find(
    (key) => key.path.length === path.length && key.path.every((name, index) => matches(name, path[index])),
  )
}

/** Returns the names that are allowed directly below a path. */
export function namesBelow(path: readonly PropertyKey[]): readonly string[] {
  let schema = unwrap(configSchema)
  for (const name of path) {
    const inner = innerOf(schema, name)
    if (inner === undefined) return []
    schema = unwrap(inner)
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

function innerOf(schema: z.core.$ZodType, name: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodRecord) return schema.valueType
  if (schema instanceof z.ZodArray) return schema.element
  if (!(schema instanceof z.ZodObject) || typeof name !== 'string' || !Object.hasOwn(schema.shape, name))
    return undefined
  return schema.shape[name]
}

function matches(name: string, key: PropertyKey | undefined): boolean {
  return name === anyName || name === key || (name === anyEntry && typeof key === 'number')
}

function keysBelow(schema: z.core.$ZodType, path: readonly string[]): ConfigKey[] {
  const bare = unwrap(schema)
  if (bare instanceof z.ZodRecord) return keysBelow(bare.valueType, [...path, anyName])
  if (bare instanceof z.ZodArray) return keysBelow(bare.element, [...path, anyEntry])
  if (!(bare instanceof z.ZodObject)) return []
  return Object.entries(bare.shape).flatMap(([name, value]) => {
    const keyPath = [...path, name]
    const documentation = readDocumentation(value)
    if (documentation === undefined) throw new Error(`${keyPath.join('.')} is not documented`)
    const key: ConfigKey = { path: keyPath, ...describe(value), documentation }
    return documentation.isWhole === true ? [key] : [key, ...keysBelow(value, keyPath)]
  })
}

function describe(schema: z.core.$ZodType): Pick<ConfigKey, 'type' | 'choices' | 'default'> {
  const bare = unwrap(schema)
  return {
    type: typeOf(bare),
    choices: choicesOf(bare),
    default: schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined,
  }
}

/** A union is a choice of words; some of them are also accepted as another type, such as `true`. */
function choicesOf(bare: z.core.$ZodType): readonly string[] {
  if (bare instanceof z.ZodUnion) return bare.options.flatMap(choicesOf)
  return bare instanceof z.ZodEnum ? bare.options.map(String) : []
}

function typeOf(bare: z.core.$ZodType): ConfigKey['type'] {
  if (bare instanceof z.ZodObject) return 'section'
  if (bare instanceof z.ZodRecord) return unwrap(bare.valueType) instanceof z.ZodObject ? 'section' : 'mapping'
  if (bare instanceof z.ZodArray) return 'list'
  if (bare instanceof z.ZodEnum || bare instanceof z.ZodUnion) return 'choice'
  if (bare instanceof z.ZodBoolean) return 'boolean'
  return bare instanceof z.ZodNumber ? 'number' : 'string'
}

/** Returns the inner schema of an optional or nullable one, or one with a default. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  return isWrapped ? unwrap(schema.def.innerType) : schema
}
