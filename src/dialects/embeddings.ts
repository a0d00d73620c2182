import { estimateContent } from '../openai/estimate-tokens.ts'
import type { Dialect } from './dialect.ts'
import { openAIFormat, readOutputBounds, requireFields, responseWith } from './openai-format.ts'

const input = { name: 'input', type: 'any', message: 'input field is required: a string or an array' } as const

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
}

/** Moderation of texts and pictures. Source: https://platform.openai.com/docs/api-reference/moderations/create */
export const moderations: Dialect = {
  ...embeddings,
  id: 'moderations',
  ...responseWith('results'),
  ...requireFields([input], { needsModel: false }),
}
