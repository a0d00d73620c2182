import { isJsonObject, type JsonObject } from '../core/json.ts'
import { foldName } from './fold-name.ts'

/** A field that affects the cost, in a place where a router finds it and Weir does not. */
export interface HiddenField {
  /** Its path in OpenAI's notation: `extra_body.max_tokens`. */
  readonly param: string
  /** The field's name at the top level. */
  readonly name: string
  /** True if the request makes the router drop the field. */
  readonly isDropped: boolean
}

/**
 * Objects whose members a router reads as top-level members. OpenAI's clients for Python, which LiteLLM uses, overwrite
 * the top level with those of `extra_body`.
 * Sources: https://vercel.com/docs/ai-gateway/models-and-providers, https://docs.litellm.ai/docs/completion/provider_specific_params
 */
export const containers = /^(extra_body|provider_?options|gateway)$/iu
/**
 * Containers with one such object per provider, in camelCase.
 * Source: https://vercel.com/docs/ai-gateway/models-and-providers/provider-options
 */
const byProvider = /^provider_?options$/iu
/** Lists fields that LiteLLM drops from the request. Source: https://docs.litellm.ai/docs/completion/drop_params */
const drops = /^additional_drop_params$/iu

/** Creates the index of these field names for {@link findHiddenField}. */
export function indexFields(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [withoutSeparators(name), name]))
}

/** Returns the first indexed field, in any spelling, that is in a container or that the body makes a router drop. */
export function findHiddenField(body: JsonObject, fields: ReadonlyMap<string, string>): HiddenField | undefined {
  return findWithin(body, fields, '', false)
}

function findWithin(
  object: JsonObject,
  fields: ReadonlyMap<string, string>,
  path: string,
  isByProvider: boolean,
): HiddenField | undefined {
  for (const name in object) {
    const param = path === '' ? name : `${path}.${name}`
    const hidden = path === '' ? undefined : fields.get(withoutSeparators(name))
    if (hidden !== undefined) return { param, name: hidden, isDropped: false }
    const value = object[name]
    if (Array.isArray(value) && drops.test(name)) {
      const tops = value.map((each) => fields.get(withoutSeparators(topOf(String(each)))))
      const dropped = tops.find((top) => top !== undefined)
      if (dropped !== undefined) return { param, name: dropped, isDropped: true }
    } else if (isJsonObject(value) && (isByProvider || containers.test(name))) {
      const found = findWithin(value, fields, param, byProvider.test(name))
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Returns the top-level field of a path: `a` of `a.b`, of `a[0]` and of `a`. */
export function topOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path
}

/** Maps `max_tokens`, `Max_Tokens` and `maxTokens` to the same string. */
function withoutSeparators(name: string): string {
  return foldName(name).replaceAll('_', '')
}
