import { isJsonObject, type JsonObject } from '../core/json.ts'
import { foldName } from './fold-name.ts'

/** A field that counts, and that stands where a router finds it and Weir does not. */
export interface HiddenField {
  /** Its path, as OpenAI writes paths: `extra_body.max_tokens`. */
  readonly param: string
  /** The field as it is spelt at the top. */
  readonly name: string
  /** True where the router is told to drop the field. */
  readonly isDropped: boolean
}

/**
 * Objects whose members a router reads as if they stood at the top. OpenAI's clients for Python, and LiteLLM by them, put those of `extra_body` in place of
 * what stands there. Sources: https://vercel.com/docs/ai-gateway/models-and-providers, https://docs.litellm.ai/docs/completion/provider_specific_params
 */
export const containers = /^(extra_body|provider_?options|gateway)$/iu
/** Those that hold such an object for each provider, in camelCase. Source: https://vercel.com/docs/ai-gateway/models-and-providers/provider-options */
const byProvider = /^provider_?options$/iu
/** Fields that LiteLLM drops before it sends the request on. Source: https://docs.litellm.ai/docs/completion/drop_params */
const drops = /^additional_drop_params$/iu

/** The index for {@link findHiddenField} of the fields with these names. */
export function indexFields(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [withoutSeparators(name), name]))
}

/** The first of the fields that a container of the body holds, in whatever letters, or that the body has a router drop. */
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
      // `a.b` and `a[0]` name a member of the field `a`.
      const tops = value.map((each) => fields.get(withoutSeparators(String(each).split(/[.[]/, 1)[0] ?? '')))
      const dropped = tops.find((top) => top !== undefined)
      if (dropped !== undefined) return { param, name: dropped, isDropped: true }
    } else if (isJsonObject(value) && (isByProvider || containers.test(name))) {
      const found = findWithin(value, fields, param, byProvider.test(name))
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** The same for `max_tokens`, `Max_Tokens` and `maxTokens`. */
function withoutSeparators(name: string): string {
  return foldName(name).replaceAll('_', '')
}
