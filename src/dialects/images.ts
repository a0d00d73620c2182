import type { JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { estimateContent } from '../openai/estimate-tokens.ts'
import type { AnswerFacts, Dialect, FormFacts, RequestBounds } from './dialect.ts'
import { openAIFormat, readOutputBounds, requiring, typedEvents, usageAtTop } from './openai-format.ts'

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
  events: { ...typedEvents, usageOf: (data) => withPictures(usageAtTop(data)) },
}

/** The output of an image model is pictures where its details do not say otherwise; a stream's usage has none (case C6). Source: https://platform.openai.com/docs/api-reference/images-streaming */
function withPictures(usage: Usage | undefined): Usage | undefined {
  if (usage === undefined || usage.imageOutputTokens !== undefined) return usage
  return { ...usage, imageOutputTokens: usage.outputTokens }
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
    inputTokens: estimateContent(prompt) + pictures,
    maxOutputTokens: asked.maxOutputTokens ?? pictureTokens(body),
    choices,
    images: { count: choices, size: readString(size), quality: readString(quality) },
  }
}

/**
 * Of one picture up to 1,536 by 1,024 pixels, above what is known of any model: OpenAI's calculator says 7,024 for gpt-image-2 at its best.
 * Source: https://community.openai.com/t/livestream-starting-now-chatgpt-images-2-0/1379464?page=2
 */
const mostTokens: Readonly<Record<string, number>> = { low: 512, medium: 2_048 }
const mostTokensOfAny = 8_192
const usualPixels = 1_536 * 1_024
const partialTokens = 100

/** The most that one picture comes to where it is paid by tokens. Larger ones have more by their area; each partial picture of a stream adds some. */
function pictureTokens({ size, quality, partial_images: partial }: JsonObject): number {
  const [width = 0, height = 0] = typeof size === 'string' ? size.split('x').map(Number) : []
  const parts = Math.max(1, width * height > 0 ? (width * height) / usualPixels : 1)
  const partials = typeof partial === 'number' && partial > 0 ? Math.min(partial, mostPictures) : 0
  const tokens = (typeof quality === 'string' && mostTokens[quality]) || mostTokensOfAny
  return Math.min(Math.ceil(tokens * parts + partialTokens * partials), Number.MAX_SAFE_INTEGER)
}

/** The pictures that came count, not those that were asked for; newer models tell their size and quality (case C7). */
function readAnswer(body: JsonObject): AnswerFacts {
  const facts = openAIFormat.readAnswer(body)
  const { data, size, quality } = body
  const usage = withPictures(facts.usage)
  if (!Array.isArray(data)) return { ...facts, usage }
  return {
    ...facts,
    usage,
    media: { images: data.length, imageSize: readString(size), imageQuality: readString(quality) },
  }
}

const picture = estimateContent({})

function estimatePictures(value: unknown): number {
  if (value === undefined || value === null) return 0
  return Array.isArray(value) ? value.length * picture : picture
}

function readString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
