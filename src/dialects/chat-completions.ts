import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Dialect, EventFormat } from './dialect.ts'
import {
  estimateConversation,
  estimateTexts,
  openAIFormat,
  readOutputBounds,
  requiring,
  toOpenAIErrorEvent,
  usageAtTop,
} from './openai-format.ts'

/** Source: https://platform.openai.com/docs/api-reference/chat-streaming */
const chunks: EventFormat = {
  terminator: '[DONE]',
  usageOf: usageAtTop,
  usagePath: () => ['usage'],
  hasUsageAnywhere: true,
  isUsageAlone: ({ choices }) => Array.isArray(choices) && choices.length === 0,
  finishOf({ choices }) {
    if (!Array.isArray(choices)) return undefined
    let last: string | undefined
    for (const choice of choices) {
      const reason: unknown = isJsonObject(choice) ? choice.finish_reason : undefined
      if (typeof reason === 'string' && reason !== '') last = reason
    }
    return last
  },
  isError: ({ error, type }) => isJsonObject(error) || type === 'error' || type === 'response.failed',
  textOf: ({ choices }) => (Array.isArray(choices) ? choices.map(choiceText).join('') : ''),
  estimatedBy: 'text',
  hasMedia: false,
  mayOffload: true,
  toErrorEvent: toOpenAIErrorEvent,
}

/** The text that an event adds to one choice. */
function choiceText(choice: unknown): string {
  if (!isJsonObject(choice)) return ''
  const delta = isJsonObject(choice.delta) ? choice.delta : {}
  const calls = Array.isArray(delta.tool_calls) ? delta.tool_calls : []
  const written = calls.map((call: unknown) => (isJsonObject(call) && isJsonObject(call.function) ? call.function : {}))
  const texts: unknown[] = [choice.text, delta.content, delta.reasoning_content, delta.reasoning, delta.refusal]
  return [...texts, ...written.flatMap(({ name, arguments: text }: JsonObject) => [name, text])]
    .filter((text) => typeof text === 'string')
    .join('')
}

/** Providers answer 400 to other members of `stream_options` than they know, so the caller's are kept. */
function toUsageRequest({ stream_options: options }: JsonObject): JsonObject {
  return { stream_options: { ...(isJsonObject(options) ? options : {}), include_usage: true } }
}

/** Source: https://platform.openai.com/docs/api-reference/chat/create */
export const chatCompletions: Dialect = {
  ...openAIFormat,
  id: 'chat.completions',
  hasMedia: false,
  ...requiring([{ name: 'messages', type: 'array', message: 'messages field is required and must be an array' }], {
    needsModel: true,
  }),
  boundRequest: (body) => ({ inputTokens: estimateConversation(body), ...readOutputBounds(body) }),
  toUsageRequest,
  events: chunks,
}

/** The older endpoint of prompts. Source: https://platform.openai.com/docs/api-reference/completions/create */
export const completions: Dialect = {
  ...chatCompletions,
  id: 'completions',
  ...requiring([{ name: 'prompt', type: 'any', message: 'prompt field is required: a string or an array' }], {
    needsModel: true,
  }),
  boundRequest(body) {
    const { maxOutputTokens, choices } = readOutputBounds(body)
    const inputTokens = estimateTexts(body.prompt)
    return { inputTokens, maxOutputTokens, choices: choices * countPrompts(body.prompt) }
  },
}

/** A list of numbers is one prompt; of a list of strings each is answered. */
function countPrompts(prompt: unknown): number {
  return Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1
}
