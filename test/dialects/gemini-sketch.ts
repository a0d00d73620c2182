import { GatewayError } from '../../src/core/errors.ts'
import { isJsonObject, type JsonObject } from '../../src/core/json.ts'
import type { Usage } from '../../src/core/usage.ts'
import type { Dialect, ErrorFacts } from '../../src/dialects/dialect.ts'
import { estimateText } from '../../src/openai/estimate-tokens.ts'

// A sketch of Gemini's generateContent that tests the contract: the path contains the model and selects streaming, a
// stream has no terminator, and every chunk has the usage so far.
// Sources: https://ai.google.dev/api/generate-content, https://ai.google.dev/api/rest/v1beta/Status

/** Gemini counts thoughts separately from the candidates; they are output too. */
function readUsage(metadata: unknown): Usage | undefined {
  if (!isJsonObject(metadata)) return undefined
  const thoughts = toCount(metadata.thoughtsTokenCount)
  return {
    inputTokens: toCount(metadata.promptTokenCount),
    outputTokens: toCount(metadata.candidatesTokenCount) + thoughts,
    cachedInputTokens: toCount(metadata.cachedContentTokenCount),
    reasoningTokens: thoughts,
  }
}

function toCount(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
}

function toErrorBody({ status, message }: ErrorFacts): object {
  return { error: { code: status, message, status: statuses[status] ?? 'INTERNAL' } }
}

function firstCandidate({ candidates }: JsonObject): JsonObject {
  const first: unknown = Array.isArray(candidates) ? candidates[0] : undefined
  return isJsonObject(first) ? first : {}
}

function textOf(data: JsonObject): string {
  const { content } = firstCandidate(data)
  const parts = isJsonObject(content) && Array.isArray(content.parts) ? content.parts : []
  return parts.map((part: unknown) => (isJsonObject(part) && typeof part.text === 'string' ? part.text : '')).join('')
}

function finishOf(data: JsonObject): string | undefined {
  const { finishReason } = firstCandidate(data)
  return typeof finishReason === 'string' ? finishReason : undefined
}

export const geminiSketch: Dialect = {
  id: 'generateContent',
  body: 'json',
  hasMedia: false,
  formModel: undefined,
  requestSchema: { type: 'object', required: ['contents'] },
  readRequest({ contents }) {
    if (!Array.isArray(contents))
      throw new GatewayError('missing_required_parameter', 'contents is not specified', { param: 'contents' })
    return { model: undefined, isStream: false, wantsUsage: true }
  },
  otherModels: () => [],
  boundRequest({ contents, systemInstruction, tools, generationConfig }) {
    const config = isJsonObject(generationConfig) ? generationConfig : {}
    const { maxOutputTokens: limit, candidateCount: count } = config
    return {
      inputTokens: estimateText(JSON.stringify([contents, systemInstruction, tools])),
      maxOutputTokens: typeof limit === 'number' ? limit : undefined,
      choices: typeof count === 'number' ? count : 1,
    }
  },
  toUsageRequest: () => undefined,
  toModelFields: () => ({}),
  respondsInJson: true,
  responseHeaders: { names: new Set(['content-type', 'retry-after']), limits: [] },
  readResponse(body) {
    const usage = readUsage(body.usageMetadata)
    return {
      usage,
      finishReason: finishOf(body),
      isError: isJsonObject(body.error),
      hasResult: true,
      outputText: usage === undefined ? textOf(body) : '',
    }
  },
  events: {
    terminator: undefined,
    usageOf: ({ usageMetadata }) => readUsage(usageMetadata),
    usagePath: () => ['usageMetadata'],
    hasUsageAnywhere: false,
    isUsageAlone: () => false,
    finishOf,
    isError: ({ error }) => isJsonObject(error),
    textOf,
    estimatedBy: 'text',
    endsWithConnection: false,
    mayOffload: true,
    toErrorEvent: (error) => `data: ${JSON.stringify(toErrorBody(error))}\r\n\r\n`,
  },
  toErrorBody,
}
