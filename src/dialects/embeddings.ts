import { isJsonObject } from '../core/json.ts'
import { estimateContent } from '../openai/estimate-tokens.ts'
import type { Dialect, ReplyFormat } from './dialect.ts'
import { openAIFormat, readOutputBounds, requireFields, responseWith } from './openai-format.ts'

const input = { name: 'input', type: 'any', message: 'input field is required: a string or an array' } as const

/** A result without a vector is empty. Servers written in Go send an empty list as null. */
const reply: ReplyFormat = {
  hasOutput: ({ data }) => data === undefined || [data].flat().some(isVector),
}

/** True for a list or a text with content, also as a member of an object, as of `{index, embedding}`. */
export function isVector(value: unknown): boolean {
  if (!isJsonObject(value)) return (typeof value === 'string' || Array.isArray(value)) && value.length > 0
  return Object.entries(value).some(([name, member]) => name !== 'object' && isVector(member))
}

/** Embedding vectors of texts. Source: https://platform.openai.com/docs/api-reference/embeddings/create */
export const embeddings: Dialect = {
  ...openAIFormat,
  id: 'embeddings',
  hasMedia: false,
  ...requireFields([input], { needsModel: true }),
  boundRequest(body) {
    // Only rejects invalid limits: embeddings have no output tokens.
    readOutputBounds(body)
    return { inputTokens: estimateContent(body.input), maxOutputTokens: 0, choices: 1 }
  },
  reply,
}

/**
 * Moderation of texts and pictures. Never empty: a result without a flag says that the input is harmless.
 * Source: https://platform.openai.com/docs/api-reference/moderations/create
 */
export const moderations: Dialect = {
  ...openAIFormat,
  id: 'moderations',
  hasMedia: false,
  ...responseWith('results'),
  ...requireFields([input], { needsModel: false }),
  boundRequest: embeddings.boundRequest,
}
