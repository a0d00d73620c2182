import * as z from 'zod'
import type { JsonObject } from '../../core/json.ts'

/** Zod schemas as the `components/schemas` of OpenAPI 3.1, each under its name. A schema within another becomes a reference. */
export function toComponents(schemas: Readonly<Record<string, z.ZodType>>): JsonObject {
  // Unlike `z.toJSONSchema`, the method of a schema does not bring the code of types that no schema uses into a Worker.
  const { $defs = {} } = z.strictObject(schemas).toJSONSchema({
    io: 'input',
    metadata: withNames(schemas),
    override({ jsonSchema }) {
      // TypeScript's `readonly`, the bounds of every safe integer and the name say nothing about the API.
      delete jsonSchema.readOnly
      delete jsonSchema.id
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    },
  })
  return JSON.parse(JSON.stringify($defs).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

/** The descriptions of all schemas, with the names of these. */
function withNames(schemas: Readonly<Record<string, z.ZodType>>): typeof z.globalRegistry {
  const names = new Map<z.core.$ZodType, string>(Object.entries(schemas).map(([name, schema]) => [schema, name]))
  const registry = z.registry<z.core.GlobalMeta>()
  const get: typeof registry.get = (schema) => {
    const id = names.get(schema)
    const known = z.globalRegistry.get(schema)
    return id === undefined ? known : { ...known, id }
  }
  return Object.assign(registry, { get })
}

export function toReference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}
