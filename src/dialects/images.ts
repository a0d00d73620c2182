import type { JsonObject } from '../core/json.ts'
import type { Dialect, RequestBounds } from './dialect.ts'
import { estimateTexts, openAIFormat, readOutputBounds, requiring } from './openai-format.ts'

/** Pictures from words. Source: https://platform.openai.com/docs/api-reference/images/create */
export const imageGenerations: Dialect = {
  ...openAIFormat,
  id: 'images.generations',
  hasMedia: true,
  ...requiring([{ name: 'prompt', type: 'string', message: 'prompt field is required for image generation' }], {
    needsModel: false,
  }),
  boundRequest,
}

/** Pictures from pictures, as a form or as JSON. Source: https://platform.openai.com/docs/api-reference/images/createEdit */
export const imageEdits: Dialect = {
  ...imageGenerations,
  id: 'images.edits',
  body: 'json-or-form',
  formModel: { field: 'model', isRequired: false },
  ...requiring([], { needsModel: false }),
}

function boundRequest(body: JsonObject): RequestBounds {
  const { maxOutputTokens, choices } = readOutputBounds(body)
  const { prompt, image, images, size, quality } = body
  return {
    inputTokens: estimateTexts(prompt) + estimatePictures(image) + estimatePictures(images),
    maxOutputTokens,
    choices,
    images: { count: choices, size: readString(size), quality: readString(quality) },
  }
}

function estimatePictures(value: unknown): number {
  if (value === undefined || value === null) return 0
  return Array.isArray(value) ? value.length * estimateTexts({}) : estimateTexts({})
}

function readString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
