import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'

/**
 * The parameters that one family of image models allows; undefined if they differ by model.
 * Source: https://platform.openai.com/docs/api-reference/images/create
 */
interface ImageFamily {
  readonly sizes: readonly string[] | undefined
  readonly qualities: readonly string[] | undefined
  readonly styles: readonly string[]
  readonly maxCount: number
  readonly takesResponseFormat: boolean
}

const gptImage: ImageFamily = {
  sizes: undefined,
  qualities: undefined,
  styles: [],
  maxCount: 10,
  takesResponseFormat: false,
}

/** Families by name prefix; the first match wins. */
const families: readonly (readonly [prefix: string, family: ImageFamily])[] = [
  [
    'dall-e-2',
    {
      sizes: ['256x256', '512x512', '1024x1024'],
      qualities: ['standard'],
      styles: [],
      maxCount: 10,
      takesResponseFormat: true,
    },
  ],
  [
    'dall-e-3',
    {
      sizes: ['1024x1024', '1792x1024', '1024x1792'],
      qualities: ['standard', 'hd'],
      styles: ['vivid', 'natural'],
      maxCount: 1,
      takesResponseFormat: true,
    },
  ],
  [
    'gpt-image-1',
    {
      ...gptImage,
      sizes: ['1024x1024', '1536x1024', '1024x1536', 'auto'],
      qualities: ['low', 'medium', 'high', 'auto'],
    },
  ],
  // From the second generation on, width and height may be any multiple of 16, and each model adds qualities.
  ['gpt-image', gptImage],
  ['chatgpt-image', gptImage],
]

/** Returns the family of an image model; undefined for a model that OpenAI does not make. */
export function imageFamily(model: string): ImageFamily | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1)
  return families.find(([prefix]) => name.startsWith(prefix))?.[1]
}

/** Checks the parameters of a known image model. Throws GatewayError `invalid_value` with the allowed values. */
export function checkImageParameters(body: JsonObject, model: string): void {
  const family = imageFamily(model)
  if (family === undefined) return
  checkChoice(body, 'size', family.sizes, model)
  checkChoice(body, 'quality', family.qualities, model)
  checkChoice(body, 'style', family.styles, model)
  checkCount(body.n, family.maxCount, model)
}

function checkChoice(body: JsonObject, name: string, allowed: readonly string[] | undefined, model: string): void {
  const value = body[name]
  if (allowed === undefined || value === undefined || value === null) return
  if (typeof value === 'string' && allowed.includes(value)) return
  const hint =
    allowed.length === 0
      ? `${model} does not support ${name}. Omit it.`
      : `${name} must be one of ${allowed.join(', ')} for ${model}.`
  throw new GatewayError('invalid_value', hint, { param: name })
}

function checkCount(count: unknown, max: number, model: string): void {
  if (count === undefined || count === null) return
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= max) return
  const allowed = max === 1 ? '1' : `from 1 to ${max}`
  throw new GatewayError('invalid_value', `n must be ${allowed} for ${model}.`, { param: 'n' })
}
