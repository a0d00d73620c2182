import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { editJson } from './edit-json.ts'
import { checkImageParameters, imageFamily } from './image-models.ts'
import type { ParsedJsonBody } from './parse-json-body.ts'

/** A chat request with the defaults that the old proxy had. `max_tokens` beside `max_completion_tokens` is refused by the newer models. */
export function toLegacyChatRequest(body: ParsedJsonBody): ParsedJsonBody {
  const defaults = { model: 'gpt-3.5-turbo', temperature: 0.7, stream: false }
  const isBounded = body.object.max_completion_tokens !== undefined
  return fillDefaults(body, isBounded ? defaults : { ...defaults, max_tokens: 1000 })
}

/** The old proxy's default. Its provider has shut it down; where the call goes, its successor takes its place. */
export const legacyImageModel = 'dall-e-3'

/**
 * A request for pictures with the defaults that the old proxy had, each only for the models that take it; `model` is what an alias stands
 * for. Throws GatewayError `missing_required_parameter` or `invalid_value`.
 */
export function toLegacyImageRequest(body: ParsedJsonBody, model: string): ParsedJsonBody {
  const complete = fillDefaults(body, imageDefaults(model))
  const { prompt } = complete.object
  if (typeof prompt !== 'string' || prompt === '') {
    throw new GatewayError('missing_required_parameter', 'prompt field is required for image generation', {
      param: 'prompt',
    })
  }
  checkImageParameters(complete.object, model)
  return complete
}

function imageDefaults(model: string): JsonObject {
  const family = imageFamily(model)
  const isDallE3 = family !== undefined && family.styles.length > 0
  return {
    model: legacyImageModel,
    n: 1,
    size: '1024x1024',
    ...(isDallE3 && { quality: 'standard', style: 'vivid' }),
    ...(family?.takesResponseFormat !== false && { response_format: 'url' }),
  }
}

/** Adds the fields that a body lacks. Any field that is present wins, 0 and false included; the rest of the text stays as it came. */
function fillDefaults(body: ParsedJsonBody, defaults: JsonObject): ParsedJsonBody {
  const missing = Object.fromEntries(Object.entries(defaults).filter(([name]) => body.object[name] === undefined))
  return { ...body, text: editJson(body.text, missing), object: { ...missing, ...body.object } }
}
