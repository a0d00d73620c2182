import type { JsonObject } from '../core/json.ts'
import type { Fields, Given } from './fields.ts'
import { toEffort } from './openai-models.ts'
import type { Effort, ResponseFormat, SchemaFormat, Settings } from './prompt.ts'
import type { SettingsReader } from './settings-reader.ts'

/** Reads OpenAI's own fields, which its two dialects have under the same names. */
export function readOpenAIFields(fields: Fields, names: readonly string[]): Record<string, Given<unknown>> {
  const found: Record<string, Given<unknown>> = {}
  for (const name of names) {
    const given = fields.given(name)
    if (given !== undefined) found[name] = given
  }
  return found
}

/** The fields whose meaning both dialects share. */
export const sharedFields = [
  'service_tier',
  'metadata',
  'safety_identifier',
  'prompt_cache_retention',
  'prompt_cache_options',
  'moderation',
] as const

export function readNames(fields: Fields): Pick<Settings, 'endUser' | 'promptCacheKey'> {
  return {
    endUser: fields.givenString('user'),
    promptCacheKey: fields.givenString('prompt_cache_key'),
  }
}

/** OpenAI's limit of `user`. */
const maxNameLength = 64

export function writeNames(settings: SettingsReader): { readonly user?: string; readonly prompt_cache_key?: string } {
  const user = settings.take('endUser')
  const cacheKey = settings.take('promptCacheKey')
  const isShort = user === undefined || user.length <= maxNameLength
  if (!isShort) settings.drop('endUser')
  return {
    ...(user !== undefined && isShort && { user }),
    ...(cacheKey !== undefined && { prompt_cache_key: cacheKey }),
  }
}

/** Reads the format of a response. `schemaOf` returns the object with the schema, which a chat nests. */
export function readOpenAIFormat(
  format: Fields | undefined,
  schemaOf: (format: Fields) => Fields | undefined,
): Given<ResponseFormat> | undefined {
  if (format === undefined) return undefined
  const type = format.string('type')
  if (type === 'text') return undefined
  if (type === 'json_object') return { value: { kind: 'json' }, path: format.path }
  const named = schemaOf(format)
  const schema = named?.object('schema')
  if (type !== 'json_schema' || named === undefined || schema === undefined)
    return format.refuse('type', 'Send `text`, `json_object`, or `json_schema` with a `schema`.')
  const value: ResponseFormat = {
    kind: 'schema',
    schema,
    name: named.string('name'),
    description: named.string('description'),
    isStrict: named.flag('strict')?.value,
  }
  named.dropRest()
  format.dropRest()
  return { value, path: format.path }
}

/** Writes a format with a schema; OpenAI requires a name. */
export function writeSchemaFormat({ schema, name = 'response', description, isStrict }: SchemaFormat): JsonObject {
  return {
    name,
    schema,
    ...(description !== undefined && { description }),
    ...(isStrict !== undefined && { strict: isStrict }),
  }
}

/** Takes the effort, or the one that comes closest to a budget. */
export function takeEffort(settings: SettingsReader): Effort | undefined {
  const budget = settings.take('reasoningBudget')
  return settings.take('effort') ?? (budget === undefined ? undefined : toEffort(budget))
}
