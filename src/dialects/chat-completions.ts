import { isJsonObject, type JsonObject } from '../core/json.ts'
import { estimateContent } from '../openai/estimate-tokens.ts'
import type { Dialect, EventFormat, ReplyFormat, RequestBounds } from './dialect.ts'
import {
  chatOutputLimit,
  conversation,
  estimateConversation,
  isBlank,
  openAIFormat,
  readOutputBounds,
  readService,
  reportsFailure,
  requireFields,
  responseWith,
  toOpenAIErrorEvent,
  typedEvents,
  usageAtTop,
} from './openai-format.ts'
import { toPosition } from './to-position.ts'

/** Source: https://platform.openai.com/docs/api-reference/chat-streaming */
const chunks: EventFormat = {
  terminator: '[DONE]',
  usageOf: usageAtTop,
  usagePath: () => ['usage'],
  hasUsageAnywhere: true,
  // Some providers omit `choices` or send null, which SDKs do not expect if they did not request usage (case A8).
  isUsageAlone: (data) => !hasChoices(data) || (Array.isArray(data.choices) && data.choices.length === 0),
  finishOf({ choices }) {
    if (!Array.isArray(choices)) return undefined
    let last: string | undefined
    for (const choice of choices) {
      const reason: unknown = isJsonObject(choice) ? choice.finish_reason : undefined
      if (typeof reason === 'string' && reason !== '' && last !== chatOutputLimit.truncationReason) last = reason
    }
    return last
  },
  truncationReason: chatOutputLimit.truncationReason,
  finishedChoices: ({ choices }) =>
    (Array.isArray(choices) ? choices : [])
      .filter((choice) => isJsonObject(choice) && typeof choice.finish_reason === 'string')
      .map(({ index }: JsonObject) => (typeof index === 'number' ? index : 0)),
  // As in a JSON response, which is invalid without `choices` (case A5, case A18).
  isError: (data) => typedEvents.isError(data) || (!hasChoices(data) && reportsFailure(data)),
  isContent: hasChoices,
  textOf: ({ choices }) => (Array.isArray(choices) ? choices.map(choiceText).join('') : ''),
  estimatedBy: 'text',
  endsWithConnection: false,
  mayOffload: true,
  toErrorEvent: toOpenAIErrorEvent,
}

function hasChoices({ choices }: JsonObject): boolean {
  return choices !== undefined && choices !== null
}

/** Returns the text that an event adds to one choice. */
function choiceText(choice: unknown): string {
  if (!isJsonObject(choice)) return ''
  const delta = isJsonObject(choice.delta) ? choice.delta : {}
  const calls = Array.isArray(delta.tool_calls) ? delta.tool_calls : []
  const functions = calls.map((call: unknown) =>
    isJsonObject(call) && isJsonObject(call.function) ? call.function : {},
  )
  const texts: unknown[] = [choice.text, delta.content, delta.reasoning_content, delta.reasoning, delta.refusal]
  return [...texts, ...functions.flatMap(({ name, arguments: text }: JsonObject) => [name, text])]
    .filter((text) => typeof text === 'string')
    .join('')
}

/**
 * `error` is OpenRouter's, `insufficient_system_resource` DeepSeek's. vLLM ends a reply with `tool_calls` although it
 * found no call.
 * Sources, read on 2026-11-30: https://openrouter.ai/docs/api/reference/overview,
 * https://api-docs.deepseek.com/api/create-chat-completion, https://github.com/vllm-project/vllm/issues/53255
 */
const reply: ReplyFormat = {
  hasOutput: ({ choices }) =>
    Array.isArray(choices) &&
    choices
      .filter(isJsonObject)
      .some(({ text, delta, message }) => [{ text }, delta, message].filter(isJsonObject).some(isShown)),
  isRefusal: ({ choices }) =>
    Array.isArray(choices) && choices.some((each) => isJsonObject(each) && each.finish_reason === 'content_filter'),
  turnEnds: new Set(['stop']),
  faultyEnds: new Set(['error', 'insufficient_system_resource', 'tool_calls', 'function_call']),
}

/**
 * False for a message or a delta with nothing but its speaker and hidden reasoning: OpenRouter's encrypted details,
 * Google's signature.
 */
function isShown({ role: _role, name: _name, extra_content: _extra, ...rest }: JsonObject): boolean {
  const { reasoning_details: details, ...others } = rest
  const reasoning = (Array.isArray(details) ? details : []).filter(isJsonObject)
  return !isBlank(others) || reasoning.some(({ text, summary }) => !isBlank([text, summary]))
}

/** Keeps the caller's `stream_options`; adds no other member, because providers reject unknown members with 400. */
function toUsageRequest({ stream_options: options }: JsonObject): JsonObject {
  return { stream_options: { ...(isJsonObject(options) ? options : {}), include_usage: true } }
}

function countChoices({ n }: JsonObject): number {
  return typeof n === 'number' ? n : 1
}

/** Source: https://platform.openai.com/docs/api-reference/chat/create */
export const chatCompletions: Dialect = {
  ...openAIFormat,
  id: 'chat.completions',
  hasMedia: false,
  ...requireFields([{ name: 'messages', type: 'array', message: 'messages field is required and must be an array' }], {
    needsModel: true,
    takesRouting: true,
    // A `prediction` excludes a limit on the output.
    counts: [...conversation.counts, 'web_search_options.search_context_size', 'prediction'],
    reads: [...conversation.reads, 'response_format.type', 'function_call'],
  }),
  boundRequest: (body) => ({
    inputTokens: estimateConversation(body),
    ...readOutputBounds(body),
    ...readService(body),
    // A search model searches once, and its response does not report it.
    // Source: https://developers.openai.com/api/docs/guides/tools-web-search
    ...readSearch(body),
  }),
  outputLimit: chatOutputLimit,
  toUsageRequest,
  countChoices,
  ...responseWith('choices', { isRequired: true }),
  reply,
  events: chunks,
  toEvents: toChunks,
  fromEvents: joinChunks,
}

/** The legacy completions endpoint. Source: https://platform.openai.com/docs/api-reference/completions/create */
export const completions: Dialect = {
  ...chatCompletions,
  id: 'completions',
  ...requireFields([{ name: 'prompt', type: 'any', message: 'prompt field is required: a string or an array' }], {
    needsModel: true,
    takesRouting: true,
    counts: [...conversation.counts, 'suffix'],
    reads: [...conversation.reads, 'response_format.type', 'function_call'],
  }),
  boundRequest(body) {
    const { maxOutputTokens, choices } = readOutputBounds(body)
    const inputTokens = estimateContent(body.prompt) + estimateContent(body.suffix)
    return { inputTokens, maxOutputTokens, choices: choices * countPrompts(body.prompt) }
  },
  countChoices: (body) => countChoices(body) * countPrompts(body.prompt),
}

/** Converts a complete response to chunks: one per choice, then the usage (case A4). */
function toChunks({ choices, usage, ...response }: JsonObject): string {
  const common = response.object === 'chat.completion' ? { ...response, object: 'chat.completion.chunk' } : response
  const chunks: object[] = (Array.isArray(choices) ? choices : []).filter(isJsonObject).map((choice) => {
    const { message, ...others } = choice
    const delta = isJsonObject(message) ? { delta: toDelta(message) } : {}
    return { ...common, choices: [{ ...others, ...delta }] }
  })
  if (usage !== undefined) chunks.push({ ...common, choices: [], usage })
  return `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`
}

/** Adds the index by which SDKs join the parts of a tool call. */
function toDelta({ tool_calls: calls, ...message }: JsonObject): JsonObject {
  if (!Array.isArray(calls)) return message
  return { ...message, tool_calls: calls.map((call, index) => (isJsonObject(call) ? { index, ...call } : call)) }
}

/** Joins a stream's chunks to one response (case A4): concatenates strings and keeps the last of any other value. */
function joinChunks(chunks: readonly JsonObject[]): JsonObject | undefined {
  const choices: JsonObject[] = []
  let response: JsonObject | undefined
  let usage: unknown
  for (const { choices: parts, ...chunk } of chunks) {
    usage = chunk.usage ?? usage
    if (!Array.isArray(parts)) continue
    response ??= chunk
    for (const part of parts.filter(isJsonObject)) {
      const index = toPosition(part.index, 0)
      const { delta, ...others } = part
      const known = choices[index]
      const message = isJsonObject(delta)
        ? joinDelta(isJsonObject(known?.message) ? known.message : {}, delta)
        : known?.message
      const text = typeof part.text === 'string' ? { text: `${String(known?.text ?? '')}${part.text}` } : {}
      choices[index] = {
        ...known,
        ...others,
        ...text,
        finish_reason: part.finish_reason ?? known?.finish_reason ?? null,
        message,
      }
    }
  }
  if (response === undefined || choices.length === 0) return undefined
  const object = response.object === 'chat.completion.chunk' ? 'chat.completion' : response.object
  return { ...response, object, choices: choices.filter(Boolean), ...(usage !== undefined && { usage }) }
}

function joinDelta(message: JsonObject, { tool_calls: parts, ...delta }: JsonObject): JsonObject {
  const joined: Record<string, unknown> = { ...message }
  for (const [name, value] of Object.entries(delta)) {
    const known = joined[name]
    if (typeof value === 'string' && typeof known === 'string' && name !== 'role') joined[name] = known + value
    else if (value !== null || known === undefined) joined[name] = value
  }
  if (!Array.isArray(parts)) return joined
  const calls: JsonObject[] = Array.isArray(joined.tool_calls) ? [...joined.tool_calls] : []
  for (const part of parts.filter(isJsonObject)) {
    const { index: at, ...piece } = part
    const index = toPosition(at, calls.length)
    const known = calls[index] ?? {}
    const isCustom = isJsonObject(piece.custom) || (isJsonObject(known.custom) && !isJsonObject(piece.function))
    const [kind, content] = isCustom ? (['custom', 'input'] as const) : (['function', 'arguments'] as const)
    const called = isJsonObject(known[kind]) ? known[kind] : {}
    const more = isJsonObject(piece[kind]) ? piece[kind] : {}
    const text = `${String(called[content] ?? '')}${String(more[content] ?? '')}`
    calls[index] = { ...known, ...piece, [kind]: { ...called, ...more, [content]: text } }
  }
  return { ...joined, tool_calls: calls }
}

/** Counts the prompts: a list of numbers is one prompt, a list of strings is one prompt per string. */
function countPrompts(prompt: unknown): number {
  return Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1
}

/**
 * Source: https://platform.openai.com/docs/api-reference/chat/create,
 * https://docs.perplexity.ai/guides/search-context-size-guide
 */
function readSearch({
  web_search_options: options,
}: JsonObject): Pick<RequestBounds, 'certainSearches' | 'searchContext'> {
  if (!isJsonObject(options)) return {}
  const { search_context_size: size } = options
  const isNamed = size === 'low' || size === 'medium' || size === 'high'
  return { certainSearches: 1, ...(isNamed && { searchContext: size }) }
}
