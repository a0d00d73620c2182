import { isJsonObject } from '../core/json.ts'
import { readUsage } from '../openai/read-usage.ts'
import type { Dialect, ErrorFacts } from './dialect.ts'
import {
  estimateConversation,
  openAIFormat,
  readOutputBounds,
  requiring,
  toOpenAIError,
  typedEvents,
} from './openai-format.ts'

/** Source: https://platform.openai.com/docs/api-reference/responses */
export const responses: Dialect = {
  ...openAIFormat,
  id: 'responses',
  hasMedia: false,
  ...requiring([], { needsModel: false }),
  boundRequest: (body) => ({ inputTokens: estimateConversation(body), ...readOutputBounds(body) }),
  events: {
    ...typedEvents,
    usageOf: ({ response, usage }) => readUsage(isJsonObject(response) ? response.usage : usage),
    usagePath: ({ response }) => (isJsonObject(response) ? ['response', 'usage'] : ['usage']),
    finishOf: ({ type }) =>
      typeof type === 'string' ? /^response\.(completed|incomplete|failed)$/.exec(type)?.[1] : undefined,
    mayOffload: true,
    toErrorEvent,
  },
}

/** The event has its name in the data too. Source: https://platform.openai.com/docs/api-reference/responses-streaming/error */
function toErrorEvent(error: ErrorFacts): string {
  const body = toOpenAIError(error)
  const { code, message, param } = body.error
  return `event: error\ndata: ${JSON.stringify({ type: 'error', code, message, param, ...body })}\n\n`
}
