import * as z from 'zod'
import { configSchema } from '../src/config/schema.ts'
import { readDocumentation } from '../src/schema/key-documentation.ts'

/** The text of docs/weir.config.schema.json, by which an editor completes and checks `weir.config.yaml`. */
export function renderConfigSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      // A section that is left out is an empty one, which is no default to write down.
      if (zodSchema instanceof z.ZodPrefault) delete jsonSchema.default
      const documentation = readDocumentation(zodSchema)
      if (documentation === undefined) return
      const { meaning, unit, variable, otherwise, kinds } = documentation
      jsonSchema.description = [
        meaning,
        ...(unit === undefined ? [] : [`In ${unit}.`]),
        ...(otherwise === undefined ? [] : [`Default: ${otherwise}.`]),
        ...(kinds === undefined ? [] : [`Kinds: ${kinds.join(', ')}.`]),
        ...(variable === undefined ? [] : [`Variable: ${variable}.`]),
      ].join(' ')
    },
  })
  const comment = 'Written by scripts/generate-docs.ts from the schema in src/config. Change it there.'
  return `${JSON.stringify({ $schema, $comment: comment, title: 'weir.config.yaml', ...schema }, null, 2)}\n`
}
