import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { editJson } from './edit-json.ts'
import { checkImageParameters, imageFamily } from './image-models.ts'
import type { ParsedJsonBody } from './parse-json-body.ts'

/** Adds the old proxy's chat defaults. Newer models reject `max_tokens` together with `max_completion_tokens`. */
export function toLegacyChatRequest(body: ParsedJsonBody): ParsedJsonBody {
  const defaults = { model: 'gpt-3.5-turbo', temperature: 0.7, stream: false }
  const isBounded = body.object.max_completion_tokens !== undefined
  return fillDefaults(body, isBounded ? defaults : { ...defaults, max_tokens: 1000 })
}

/** The old proxy's default model. OpenAI has shut it down; the target of the call replaces it by its successor. */
export const legacyImageModel = 'dall-e-3'

/**
 * Adds the old proxy's image defaults, each only for models that support it. `model` is the model after aliases are
 * resolved. Throws GatewayError `missing_required_parameter` or `invalid_value`.
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

/** Adds missing fields. A present field wins, even 0 or false; the rest of the text stays unchanged. */
function fillDefaults(body: ParsedJsonBody, defaults: JsonObject): ParsedJsonBody {
  const missing = Object.fromEntries(Object.entries(defaults).filter(([name]) => body.object[name] === undefined))
  return { ...body, text: editJson(body.text, missing), object: { ...missing, ...body.object } }
}
