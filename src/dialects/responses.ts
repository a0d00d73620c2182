import { isJsonObject } from '../core/json.ts'
import { readUsage } from '../openai/read-usage.ts'
import type { Dialect, ErrorFacts } from './dialect.ts'
import {
  estimateConversation,
  readOpenAIAnswer,
  readOutputBounds,
  requiring,
  toOpenAIError,
  typedEvents,
} from './openai-format.ts'

/** Source: https://platform.openai.com/docs/api-reference/responses */
export const responses: Dialect = {
  id: 'responses',
  body: 'json',
  hasMedia: false,
  formModel: undefined,
  ...requiring([], { needsModel: false }),
  boundRequest: (body) => ({ inputTokens: estimateConversation(body), ...readOutputBounds(body) }),
  // The closing event has the usage, unasked.
  toUsageRequest: () => undefined,
  toModelFields: (model) => ({ model }),
  readAnswer: readOpenAIAnswer,
  events: {
    ...typedEvents,
    usageOf: ({ response, usage }) => readUsage(isJsonObject(response) ? response.usage : usage),
    usagePath: ({ response }) => (isJsonObject(response) ? ['response', 'usage'] : ['usage']),
    finishOf: ({ type }) =>
      typeof type === 'string' ? /^response\.(completed|incomplete|failed)$/.exec(type)?.[1] : undefined,
    mayOffload: true,
    toErrorEvent,
  },
  toErrorBody: toOpenAIError,
}

/** The event has its name in the data too. Source: https://platform.openai.com/docs/api-reference/responses-streaming/error */
function toErrorEvent(error: ErrorFacts): string {
  const body = toOpenAIError(error)
  const { code, message, param } = body.error
  return `event: error\ndata: ${JSON.stringify({ type: 'error', code, message, param, ...body })}\n\n`
}
