import { GatewayError } from '../../src/core/errors.ts'
import { isJsonObject, type JsonObject } from '../../src/core/json.ts'
import type { Usage } from '../../src/core/usage.ts'
import type { Dialect, ErrorFacts } from '../../src/dialects/dialect.ts'
import { anthropicResponseHeaders } from '../../src/dialects/response-headers.ts'
import { estimateText } from '../../src/openai/estimate-tokens.ts'

// A sketch of Anthropic's Messages that tests the contract. Sources: https://docs.anthropic.com/en/api/messages,
// https://docs.anthropic.com/en/docs/build-with-claude/streaming, https://docs.anthropic.com/en/api/errors

/** Anthropic counts the tokens of its prompt cache in addition to its input. */
function readUsage(usage: unknown): Partial<Usage> | undefined {
  if (!isJsonObject(usage)) return undefined
  const { input_tokens: input, output_tokens: output } = usage
  const cachedInputTokens = toCount(usage.cache_read_input_tokens)
  const cacheWriteTokens = toCount(usage.cache_creation_input_tokens)
  return {
    ...(typeof input === 'number' && {
      inputTokens: input + cachedInputTokens + cacheWriteTokens,
      cachedInputTokens,
      cacheWriteTokens,
    }),
    ...(typeof output === 'number' && { outputTokens: output }),
  }
}

function toCount(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

function toErrorBody({ status, message }: ErrorFacts): object {
  return { type: 'error', error: { type: types[status] ?? 'api_error', message } }
}

function blockText(block: unknown): string {
  if (!isJsonObject(block)) return ''
  return [block.text, block.thinking, block.partial_json].filter((text) => typeof text === 'string').join('')
}

export const messagesSketch: Dialect = {
  id: 'messages',
  body: 'json',
  hasMedia: false,
  formModel: undefined,
  requestSchema: { type: 'object', required: ['model', 'max_tokens', 'messages'] },
  readRequest(body) {
    const { model, max_tokens: limit } = body
    if (typeof model !== 'string')
      throw new GatewayError('missing_required_parameter', 'model: Field required', { param: 'model' })
    if (typeof limit !== 'number')
      throw new GatewayError('missing_required_parameter', 'max_tokens: Field required', { param: 'max_tokens' })
    return { model, isStream: body.stream === true, wantsUsage: true }
  },
  otherModels: () => [],
  boundRequest: ({ system, messages, tools, max_tokens: limit }) => ({
    inputTokens: estimateText(JSON.stringify([system, messages, tools])),
    maxOutputTokens: typeof limit === 'number' ? limit : undefined,
    choices: 1,
  }),
  // `message_start` and `message_delta` report usage by default.
  toUsageRequest: () => undefined,
  toModelFields: (model) => ({ model }),
  respondsInJson: true,
  responseHeaders: anthropicResponseHeaders,
  readResponse({ type, usage, stop_reason: reason, content }) {
    const { inputTokens = 0, outputTokens = 0, ...rest } = readUsage(usage) ?? {}
    const known = usage === undefined ? undefined : { ...rest, inputTokens, outputTokens }
    return {
      usage: known,
      finishReason: typeof reason === 'string' ? reason : undefined,
      isError: type === 'error',
      hasResult: true,
      outputText: known === undefined && Array.isArray(content) ? content.map(blockText).join('') : '',
    }
  },
  events: {
    terminator: undefined,
    usageOf: ({ type, message, usage }) =>
      type === 'message_start' && isJsonObject(message) ? readUsage(message.usage) : readUsage(usage),
    usagePath: ({ message }) => (isJsonObject(message) ? ['message', 'usage'] : ['usage']),
    hasUsageAnywhere: true,
    isUsageAlone: () => false,
    finishOf({ type, delta }) {
      const reason = type === 'message_delta' && isJsonObject(delta) ? delta.stop_reason : undefined
      return typeof reason === 'string' ? reason : undefined
    },
    isError: ({ type }) => type === 'error',
    textOf: ({ delta }: JsonObject) => blockText(delta),
    estimatedBy: 'text',
    endsWithConnection: false,
    mayOffload: true,
    toErrorEvent: (error) => `event: error\ndata: ${JSON.stringify(toErrorBody(error))}\n\n`,
  },
  toErrorBody,
}
