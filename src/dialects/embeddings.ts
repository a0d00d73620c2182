import { estimateContent } from '../openai/estimate-tokens.ts'
import type { Dialect } from './dialect.ts'
import { answerIn, openAIFormat, readOutputBounds, requiring } from './openai-format.ts'

const input = { name: 'input', type: 'any', message: 'input field is required: a string or an array' } as const

/** Vectors of texts. Source: https://platform.openai.com/docs/api-reference/embeddings/create */
export const embeddings: Dialect = {
  ...openAIFormat,
  id: 'embeddings',
  hasMedia: false,
  ...requiring([input], { needsModel: true }),
  boundRequest(body) {
    // Refuses a limit that is none, though it bounds nothing here.
    readOutputBounds(body)
    return { inputTokens: estimateContent(body.input), maxOutputTokens: 0, choices: 1 }
  },
}

/** Judgements of texts and pictures. Source: https://platform.openai.com/docs/api-reference/moderations/create */
export const moderations: Dialect = {
  ...embeddings,
  id: 'moderations',
  ...answerIn('results'),
  ...requiring([input], { needsModel: false }),
}
