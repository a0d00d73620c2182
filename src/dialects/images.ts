import type { JsonObject } from '../core/json.ts'
import type { AnswerFacts, Dialect, FormFacts, RequestBounds } from './dialect.ts'
import { estimateTexts, openAIFormat, readOutputBounds, requiring } from './openai-format.ts'

/** The most pictures of one call. Source: https://github.com/openai/openai-node, `n` of ImageEditParams */
const mostPictures = 10

/** Pictures from words. Source: https://platform.openai.com/docs/api-reference/images/create */
export const imageGenerations: Dialect = {
  ...openAIFormat,
  id: 'images.generations',
  hasMedia: true,
  ...requiring([{ name: 'prompt', type: 'string', message: 'prompt field is required for image generation' }], {
    needsModel: false,
  }),
  boundRequest,
  readAnswer,
}

/** Pictures from pictures, as a form or as JSON. Source: https://platform.openai.com/docs/api-reference/images/createEdit */
export const imageEdits: Dialect = {
  ...imageGenerations,
  id: 'images.edits',
  body: 'json-or-form',
  formModel: { field: 'model', isRequired: false },
  ...requiring([], { needsModel: false }),
}

function boundRequest(body: JsonObject, form?: FormFacts): RequestBounds {
  const asked = readOutputBounds(body)
  const { prompt, image, images, n, size, quality } = body
  const pictures = form === undefined ? estimatePictures(image) + estimatePictures(images) : form.files * picture
  const choices = form?.isWhole === false && n === undefined ? mostPictures : asked.choices
  return {
    inputTokens: estimateTexts(prompt) + pictures,
    maxOutputTokens: asked.maxOutputTokens,
    choices,
    images: { count: choices, size: readString(size), quality: readString(quality) },
  }
}

/** The pictures that came count, not those that were asked for; newer models tell their size and quality (case C7). */
function readAnswer(body: JsonObject): AnswerFacts {
  const facts = openAIFormat.readAnswer(body)
  const { data, size, quality } = body
  if (!Array.isArray(data)) return facts
  return {
    ...facts,
    media: { images: data.length, imageSize: readString(size), imageQuality: readString(quality) },
  }
}

const picture = estimateTexts({})

function estimatePictures(value: unknown): number {
  if (value === undefined || value === null) return 0
  return Array.isArray(value) ? value.length * picture : picture
}

function readString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
