import * as z from 'zod'

/** A key beyond its schema: for the documentation, the environment and the checks. */
export interface KeyDocumentation {
  readonly meaning: string
  readonly unit?: 'bytes' | 'ms' | 'days'
  /** The environment variable that sets it, and wins over the file. */
  readonly variable?: string
  /** In words, where the schema itself has no default. */
  readonly fallback?: string
  /** The kinds of provider that have this key; all unless set. */
  readonly kinds?: readonly string[]
}

const registry = z.registry<KeyDocumentation>()

/** Notes the documentation of a schema and gives the schema back. Wrap last: what is noted belongs to this very object. */
export function documented<Schema extends z.ZodType>(schema: Schema, documentation: KeyDocumentation): Schema {
  registry.add(schema, documentation)
  return schema
}

/** The documentation that was noted for a schema. */
export function readDocumentation(schema: z.core.$ZodType): KeyDocumentation | undefined {
  return registry.get(schema)
}
