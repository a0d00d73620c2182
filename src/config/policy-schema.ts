import { documented } from '../schema/key-documentation.ts'
import { grantFields, type PolicyGrants, toGrant } from './grant-fields.ts'
import { type LimitsInput, limitsInputSchema, toLimits } from './limit-fields.ts'

/** The keys of the configuration that say what the callers of a policy may do, as a virtual key's fields do. */
export const grantSettings = {
  models: documented(grantFields.models.optional(), {
    fallback: 'every model',
    meaning: 'Patterns of allowed models, such as `gpt-6*` or `openai/*`.',
  }),
  operations: documented(grantFields.operations.optional(), {
    fallback: 'all except `passthrough`',
    meaning: 'Patterns of allowed operations, such as `chat.*`.',
  }),
  origins: documented(grantFields.origins.optional(), {
    fallback: 'every page',
    meaning: 'Exact origins of allowed web pages.',
  }),
}

/** A key of the configuration with limits, whose names are those of a virtual key (docs/keys.md). */
export function limitsSetting(meaning: string, fallback = 'unlimited') {
  return documented(limitsInputSchema.optional(), {
    fallback,
    meaning: `${meaning} The names are those of a virtual key’s limits: docs/keys.md.`,
    isWhole: true,
  })
}

/** Converts limits of the configuration; undefined stays undefined. */
export function toPolicyLimits(input: LimitsInput | undefined) {
  return input === undefined ? undefined : toLimits(input)
}

interface GrantsConfig {
  readonly models?: readonly string[] | undefined
  readonly operations?: readonly string[] | undefined
  readonly origins?: readonly string[] | undefined
}

/** Converts the lists of a policy to their canonical form. */
export function toPolicyGrants({ models, operations, origins }: GrantsConfig): PolicyGrants {
  return {
    models: models && toGrant('models', models),
    operations: operations && toGrant('operations', operations),
    origins: origins && toGrant('origins', origins),
  }
}
