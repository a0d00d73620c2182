import type { Fields, Given } from './fields.ts'
import type { Settings } from './prompt.ts'
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
    endUser: fields.given('user') as Given<string> | undefined,
    promptCacheKey: fields.given('prompt_cache_key') as Given<string> | undefined,
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
