import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { contentTokenCounts, generateContentRequest } from '../dialects/generate-content.ts'
import { tokenCounts } from '../dialects/messages.ts'
import { inputTokenCounts } from '../dialects/responses.ts'
import { geminiTranslator } from './gemini/gemini-translator.ts'
import { messagesTranslator } from './messages/messages-translator.ts'
import type { ReplyEvent } from './reply.ts'
import { responsesTranslator } from './responses/responses-translator.ts'
import type { Translator } from './translator.ts'

/** How an API counts the tokens of a request. */
interface Counter {
  readonly dialect: Dialect
  /** The dialect of the requests that it counts. */
  readonly counted: Translator
  /** Returns the request that a body asks to count. */
  toRequest(body: JsonObject): JsonObject
  /** Returns the body that asks to count a request. */
  fromRequest(request: JsonObject, model: string): JsonObject
  readCount(response: JsonObject): number | undefined
  toResponse(tokens: number): JsonObject
}

/** The fields that count. The API refuses others. Source: @anthropic-ai/sdk 1.14.0 `MessageCountTokensParams` */
const messagesFields = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
]

/** The same of Responses. Source: openai-node 7.57 `InputTokenCountParams` */
const responsesFields = [
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
]

/** Sources, read on 2026-11-30: the dialects', and https://ai.google.dev/api/tokens. */
export const tokenCounters: readonly Translator[] = [
  toTranslator({
    dialect: tokenCounts,
    counted: messagesTranslator,
    toRequest: (body) => body,
    fromRequest: (request) => pick(request, messagesFields),
    readCount: ({ input_tokens: tokens }) => readTokens(tokens),
    toResponse: (tokens) => ({ input_tokens: tokens }),
  }),
  toTranslator({
    dialect: contentTokenCounts,
    counted: geminiTranslator,
    toRequest(body) {
      const request = generateContentRequest(body)
      return isJsonObject(request) ? request : body
    },
    // With `contents` alone, Google counts neither instructions nor tools.
    fromRequest: (request, model) => ({ generateContentRequest: { model: `models/${model}`, ...request } }),
    // A count of zero is left out, as every field with its default.
    readCount: ({ totalTokens = 0 }) => readTokens(totalTokens),
    toResponse: (tokens) => ({ totalTokens: tokens }),
  }),
  toTranslator({
    dialect: inputTokenCounts,
    counted: responsesTranslator,
    toRequest: (body) => body,
    fromRequest: (request) => pick(request, responsesFields),
    readCount: ({ input_tokens: tokens }) => readTokens(tokens),
    toResponse: (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
  }),
]

/** A counter is translated as the conversation that it counts, and its reply as one that has a usage only. */
function toTranslator({ dialect, counted, toRequest, fromRequest, readCount, toResponse }: Counter): Translator {
  const readReply = (response: JsonObject): readonly ReplyEvent[] => {
    const inputTokens = readCount(response)
    if (inputTokens === undefined) return []
    const counts = { inputTokens, outputTokens: 0 }
    return [{ kind: 'finish', finish: { reason: 'stop', raw: '' }, usage: { counts } }]
  }
  return {
    dialect,
    isCounter: true,
    readPrompt: (body, dropped, request) => counted.readPrompt(toRequest(body), dropped, request),
    writePrompt: (prompt, target, dropped) => fromRequest(counted.writePrompt(prompt, target, dropped), target.model),
    createReader: () => ({ read: readReply, end: () => [] }),
    createWriter: () => ({
      write: (event) =>
        event.kind === 'finish' && event.usage !== undefined ? [toResponse(event.usage.counts.inputTokens)] : [],
    }),
    readReply,
    toEventText: (event) => `data: ${JSON.stringify(event)}\n\n`,
  }
}

function pick(request: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])))
}

function readTokens(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
