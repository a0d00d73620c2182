import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { estimateContent } from '../openai/estimate-tokens.ts'
import { pictureTokens } from '../openai/picture-tokens.ts'
import type { Dialect, FormFacts, ReplyFormat, RequestBounds, ResponseFacts } from './dialect.ts'
import { isBlank, openAIFormat, readOutputBounds, requireFields, typedEvents, usageAtTop } from './openai-format.ts'

/** Maximum pictures of one call. Source: https://github.com/openai/openai-node, `n` of ImageEditParams */
const maxPictures = 10

const pictureFields = {
  counts: ['image', 'images', 'size', 'quality', 'partial_images'],
  reads: ['response_format'],
}

/** The members of a response, of an event and of a picture that tell about pictures, and are none. */
const about: ReadonlySet<string> = new Set([
  'type',
  'id',
  'object',
  'model',
  'size',
  'quality',
  'background',
  'output_format',
  'revised_prompt',
])

/** A result without a picture is empty, whatever its usage says. */
const reply: ReplyFormat = {
  hasOutput: ({ data, ...others }) => [Array.isArray(data) ? data : others].flat().some(isPicture),
}

function isPicture(value: unknown): boolean {
  if (!isJsonObject(value)) return false
  return Object.entries(value).some(([name, member]) => !about.has(name) && !isBlank(member))
}

/** Image generation. Source: https://platform.openai.com/docs/api-reference/images/create */
export const imageGenerations: Dialect = {
  ...openAIFormat,
  id: 'images.generations',
  hasMedia: true,
  ...requireFields([{ name: 'prompt', type: 'string', message: 'prompt field is required for image generation' }], {
    needsModel: false,
    ...pictureFields,
  }),
  boundRequest,
  readResponse,
  reply,
  events: {
    ...typedEvents,
    usageOf: (data) => withImageTokens(usageAtTop(data)),
    isPicture: (beginning) => /^event: ?image_\w+\.completed\s|"type": ?"image_\w+\.completed"/.test(beginning),
  },
  toEvents: (response) => toEvents('image_generation.completed', response),
}

/**
 * Without details, all output tokens of an image model are image tokens; the usage of a stream has no details (case
 * C6).
 * Source: https://platform.openai.com/docs/api-reference/images-streaming
 */
function withImageTokens(usage: Usage | undefined): Usage | undefined {
  if (usage === undefined || usage.imageOutputTokens !== undefined) return usage
  return { ...usage, imageOutputTokens: usage.outputTokens }
}

/** Image edits, sent as a form or as JSON. Source: https://platform.openai.com/docs/api-reference/images/createEdit */
export const imageEdits: Dialect = {
  ...imageGenerations,
  id: 'images.edits',
  body: 'json-or-form',
  formModel: { field: 'model', isRequired: false },
  ...requireFields([], { needsModel: false, ...pictureFields, counts: ['prompt', ...pictureFields.counts] }),
  toEvents: (response) => toEvents('image_edit.completed', response),
}

function boundRequest(body: JsonObject, form?: FormFacts): RequestBounds {
  const bounds = readOutputBounds(body)
  const { prompt, image, images, n, size, quality } = body
  const pictures = form === undefined ? estimatePictures(image) + estimatePictures(images) : form.files * picture
  const choices = form?.isWhole === false && n === undefined ? maxPictures : bounds.choices
  return {
    inputTokens: estimateContent(prompt) + pictures,
    maxOutputTokens: bounds.maxOutputTokens ?? pictureTokens(body),
    choices,
    images: { count: choices, size: readString(size), quality: readString(quality) },
  }
}

/** Counts the returned pictures, not the requested ones; newer models report size and quality (case C7). */
function readResponse(body: JsonObject): ResponseFacts {
  const facts = openAIFormat.readResponse(body)
  const { data, size, quality } = body
  const usage = withImageTokens(facts.usage)
  if (!Array.isArray(data)) return { ...facts, usage }
  return {
    ...facts,
    usage,
    media: { images: data.length, imageSize: readString(size), imageQuality: readString(quality) },
  }
}

/**
 * Creates one event per picture, the last with the usage of all (case A4).
 * Source: https://platform.openai.com/docs/api-reference/images-streaming
 */
function toEvents(type: string, { data, created, usage, ...about }: JsonObject): string | undefined {
  if (!Array.isArray(data) || data.length === 0 || !data.every(isJsonObject)) return undefined
  const events = data.map((picture, index) => {
    const counted = index === data.length - 1 ? { usage } : {}
    return `event: ${type}\ndata: ${JSON.stringify({ type, ...picture, created_at: created, ...about, ...counted })}\n\n`
  })
  return events.join('')
}

const picture = estimateContent({})

function estimatePictures(value: unknown): number {
  if (value === undefined || value === null) return 0
  return Array.isArray(value) ? value.length * picture : picture
}

function readString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
