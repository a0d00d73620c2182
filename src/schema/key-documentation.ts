import * as z from 'zod'

/** The facts of a key beyond its schema, for the documentation, the environment and the checks. */
export interface KeyDocumentation {
  readonly meaning: string
  readonly unit?: 'bytes' | 'ms' | 'days'
  /** The environment variable that sets the key and overrides the file. */
  readonly variable?: string
  /** The default in words, if the schema itself has none. */
  readonly fallback?: string
  /** The provider kinds that have this key; all kinds if unset. */
  readonly kinds?: readonly string[]
  /** True for an object that another document describes; the keys inside it are not listed. */
  readonly isWhole?: boolean
}

const registry = z.registry<KeyDocumentation>()

/**
 * Registers the documentation of a schema and returns the schema. Must be the outermost call, because it registers this
 * very object.
 */
export function documented<Schema extends z.ZodType>(schema: Schema, documentation: KeyDocumentation): Schema {
  registry.add(schema, documentation)
  return schema
}

/** Returns the documentation that is registered for a schema. */
export function readDocumentation(schema: z.core.$ZodType): KeyDocumentation | undefined {
  return registry.get(schema)
}
