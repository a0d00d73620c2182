import { isJsonObject, type JsonObject, parseJsonObject } from '../core/json.ts'
import { isUncounted, type Usage } from '../core/usage.ts'
import { estimateContent, estimateJson, estimateText } from '../openai/estimate-tokens.ts'
import { parseToolInput } from '../openai/parse-tool-input.ts'
import { readUsage } from '../openai/read-usage.ts'
import { readAgentTags } from './agent-tags.ts'
import type {
  CallHeaders,
  Dialect,
  ErrorFacts,
  EventFormat,
  ReplyFormat,
  RequestBounds,
  RequestLabels,
  ResponseFacts,
} from './dialect.ts'
import {
  chatOutputLimit,
  isJsonFormat,
  openAIFormat,
  readOutputBounds,
  readService,
  reportsFailure,
  requireFields,
} from './openai-format.ts'
import { anthropicResponseHeaders } from './response-headers.ts'
import { toPosition } from './to-position.ts'

// Anthropic's Messages. Sources, read on 2026-11-30: https://platform.claude.com/docs/en/api/messages,
// …/build-with-claude/streaming, …/api/errors, and the types of @anthropic-ai/sdk 1.14.0.

/** The fields that a request and a count of its tokens share. */
const reads = [
  'system',
  'tools[].type',
  'tools[].max_uses',
  'tools[].model',
  'tool_choice.type',
  'thinking.budget_tokens',
  'output_config.format.type',
  'output_format.type',
]
const messageList = {
  name: 'messages',
  type: 'array',
  message: 'messages field is required and must be an array',
} as const

const messageFields = requireFields(
  [
    {
      name: 'max_tokens',
      type: 'count',
      message: 'max_tokens field is required: the maximum number of output tokens, thinking included',
    },
    messageList,
  ],
  { needsModel: true, takesRouting: true, counts: ['service_tier', 'speed', 'inference_geo', 'tools'], reads },
)

/** The finish reason of a response that has reached `max_tokens`. */
const truncationReason = 'max_tokens'

const messageEvents: EventFormat = {
  terminator: undefined,
  lastEvent: 'message_stop',
  errorEvent: 'error',
  usageOf(data) {
    const { type, message } = data
    if (type !== 'message_start' || !isJsonObject(message)) return readMessageUsage(data.usage)
    const usage = readMessageUsage(message.usage)
    // The first event counts a token or a few of the output, whatever follows. Without a later count, the output of a
    // stream that breaks off is therefore estimated.
    return usage && { ...usage, outputTokens: 0 }
  },
  usagePath: ({ message }) => (isJsonObject(message) ? ['message', 'usage'] : ['usage']),
  hasUsageAnywhere: true,
  isUsageAlone: () => false,
  finishOf({ type, delta }) {
    const reason = type === 'message_delta' && isJsonObject(delta) ? delta.stop_reason : undefined
    return typeof reason === 'string' ? reason : undefined
  },
  truncationReason,
  isError: ({ type }) => type === 'error',
  // Any event but these two shows that the model has begun. Pings still keep a stream alive: a model that thinks without
  // showing it sends nothing else for minutes.
  isContent: ({ type }) => type !== 'ping' && type !== 'error',
  textOf: ({ delta, content_block: block }) => textOfBlock(delta) + textOfBlock(block),
  estimatedBy: 'text',
  endsWithConnection: false,
  mayOffload: true,
  toErrorEvent: (error) => `event: error\ndata: ${JSON.stringify(toMessagesError(error))}\n\n`,
}

const reply: ReplyFormat = {
  hasOutput: ({ content, content_block: block, delta, type }) =>
    type === 'content_block_delta'
      ? !isBlankBlock(delta)
      : [content ?? block].flat().some((each) => !isBlankBlock(each)),
  isRefusal: ({ stop_reason: reason, delta }) => (isJsonObject(delta) ? delta.stop_reason : reason) === 'refusal',
  turnEnds: new Set(['end_turn']),
  faultyEnds: new Set(['tool_use']),
}

/**
 * True for a block or a delta of empty text, or of reasoning that Claude hides: by default it sends only a signature.
 * Any other type is the beginning of content.
 * Source: https://platform.claude.com/docs/en/build-with-claude/thinking, read on 2026-11-30.
 */
function isBlankBlock(block: unknown): boolean {
  if (!isJsonObject(block)) return true
  switch (block.type) {
    case 'text':
    case 'text_delta':
      return block.text === ''
    case 'thinking':
    case 'thinking_delta':
      return block.thinking === ''
    default:
      return block.type === 'signature_delta' || block.type === 'redacted_thinking'
  }
}

/** Source: https://platform.claude.com/docs/en/api/messages/create, read on 2026-11-30. */
export const messages: Dialect = {
  ...openAIFormat,
  id: 'messages',
  hasMedia: false,
  ...messageFields,
  // A stream always reports its usage.
  readRequest: (body) => ({ ...messageFields.readRequest(body), wantsUsage: true }),
  readLabels: readMessageLabels,
  boundRequest: (body) => ({
    inputTokens: estimateInput(body),
    ...readOutputBounds(body),
    choices: 1,
    ...readService(body),
    ...readSearches(body),
  }),
  outputLimit: {
    ...chatOutputLimit,
    needsCompleteFor({ tool_choice: choice, output_config: config, output_format: format }) {
      if (isJsonObject(config) && isJsonFormat(config.format)) return 'output_config'
      if (isJsonFormat(format)) return 'output_format'
      return isJsonObject(choice) && (choice.type === 'any' || choice.type === 'tool') ? 'tool_choice' : undefined
    },
    reasoningOf({ thinking }) {
      const budget = isJsonObject(thinking) ? thinking.budget_tokens : undefined
      return typeof budget === 'number' && Number.isSafeInteger(budget) ? Math.max(0, budget) : 0
    },
    truncationReason,
  },
  readResponse,
  reply,
  responseHeaders: anthropicResponseHeaders,
  events: messageEvents,
  toEvents,
  fromEvents,
  statusOf,
  toErrorBody: toMessagesError,
}

const counted = requireFields([messageList], { needsModel: true, reads: [...reads, 'tools'] })

/**
 * Counts the input tokens of a request without running it. The provider charges nothing for it.
 * Source: https://platform.claude.com/docs/en/build-with-claude/token-counting, read on 2026-11-30.
 */
export const tokenCounts: Dialect = {
  ...openAIFormat,
  id: 'messages.count_tokens',
  hasMedia: false,
  ...counted,
  readRequest: (body) => ({ ...counted.readRequest(body), isStream: false }),
  readLabels: readMessageLabels,
  boundRequest: () => ({ inputTokens: 0, maxOutputTokens: 0, choices: 1 }),
  toEstimate: (body) => ({ input_tokens: estimateInput(body) }),
  readResponse: (body) => ({
    // The counted tokens are not used: none counts towards a limit.
    usage: { inputTokens: 0, outputTokens: 0 },
    finishReason: undefined,
    isError: body.type === 'error',
    hasResult: typeof body.input_tokens === 'number',
    outputText: '',
  }),
  responseHeaders: anthropicResponseHeaders,
  events: messageEvents,
  fromEvents: (events) => events.at(-1),
  statusOf,
  toErrorBody: toMessagesError,
}

/**
 * Anthropic's type of an error, by status. A 4xx without a type is `invalid_request_error`, a 5xx `api_error`.
 * Source: https://platform.claude.com/docs/en/api/errors, read on 2026-11-30.
 */
const errorTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** Formats an error for Anthropic's SDKs, which ignore the members that Weir adds: its own code, and the field. */
export function toMessagesError({ status, message, code, param, details }: ErrorFacts): JsonObject {
  const type = errorTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')
  const own = { ...(code !== null && { code }), ...(param !== undefined && { param }), ...details }
  return { type: 'error', error: { type, message, ...own } }
}

/** Returns the status of an error that arrived with a 200, as in the first event of a stream. */
function statusOf({ error }: JsonObject): number | undefined {
  const type = isJsonObject(error) ? error.type : undefined
  if (type === 'invalid_request_error') return 400
  if (type === 'api_error') return 500
  // `overloaded_error` is 529.
  return Object.entries(errorTypes)
    .findLast(([, name]) => name === type)
    ?.map(Number)[0]
}

/** Iterations whose tokens the totals of a usage leave out, although they are billed. */
const uncountedIterations: ReadonlySet<unknown> = new Set(['compaction', 'advisor_message'])

/**
 * Reads a usage. Anthropic bills the compaction of a long context in addition to the totals.
 * Source: https://platform.claude.com/docs/en/build-with-claude/compaction, read on 2026-11-30.
 */
function readMessageUsage(usage: unknown): Usage | undefined {
  const total = readUsage(usage)
  if (total === undefined || !isJsonObject(usage) || !Array.isArray(usage.iterations)) return total
  const others = usage.iterations
    .filter((each) => isJsonObject(each) && uncountedIterations.has(each.type))
    .map((each) => readUsage(each))
  return others.reduce<Usage>((sum, each) => (each === undefined ? sum : addTokens(sum, each)), total)
}

function addTokens(one: Usage, other: Usage): Usage {
  const sum: { -readonly [Name in keyof Usage]: Usage[Name] } = { ...one }
  for (const name of Object.keys(other) as (keyof Usage)[]) {
    if (name !== 'serviceTier' && name !== 'region' && name !== 'drawn')
      sum[name] = (sum[name] ?? 0) + (other[name] ?? 0)
  }
  return sum
}

function readResponse(body: JsonObject): ResponseFacts {
  const { type, content, stop_reason: reason } = body
  const usage = readMessageUsage(body.usage)
  const hasContent = Array.isArray(content)
  const outputText =
    hasContent && (usage === undefined || usage.outputTokens === 0) ? content.map(textOfBlock).join('') : ''
  return {
    // Zeros are not a count if the response has output text (case C5).
    usage: usage !== undefined && isUncounted(usage) && outputText !== '' ? undefined : usage,
    finishReason: typeof reason === 'string' ? reason.slice(0, 40) : undefined,
    isError: type === 'error' || (!hasContent && reportsFailure(body)),
    hasResult: hasContent,
    outputText,
  }
}

/** Returns the text that the model wrote in a block, or in a delta of one. */
function textOfBlock(block: unknown): string {
  if (!isJsonObject(block)) return ''
  const { text, thinking, partial_json: json, input } = block
  const call = isJsonObject(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : ''
  return [text, thinking, json, call].filter((each) => typeof each === 'string').join('')
}

/** The fields that the model does not read, and those that are counted by their blocks. */
const otherFields: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'metadata',
  'stream',
  'stop_sequences',
  'service_tier',
  'speed',
  'inference_geo',
  'cache_control',
  'container',
  'usage',
])

/**
 * The maximum tokens of a picture: from Claude 4.7 on, which see 2,576 pixels; models before it see 1,568 tokens.
 * Source: https://platform.claude.com/docs/en/build-with-claude/vision, read on 2026-11-30.
 */
const tokensPerImage = 4_784
/**
 * The longest system prompt that Anthropic adds for tools: that of Claude Opus 4.7 with a forced call.
 * Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview#pricing, read on 2026-11-30.
 */
const tokensForTools = 804
/** Role and separators of one message. */
const tokensPerMessage = 4

/** Estimates the input, known fields and others (case C8), high rather than low. */
function estimateInput(body: JsonObject): number {
  let tokens = estimateBlocks(body.system)
  if (Array.isArray(body.tools) && body.tools.length > 0) tokens += tokensForTools
  for (const message of Array.isArray(body.messages) ? body.messages : []) {
    if (!isJsonObject(message)) continue
    const { role: _role, content, ...others } = message
    tokens += tokensPerMessage + estimateBlocks(content) + estimateJson(others)
  }
  for (const name in body) if (!otherFields.has(name)) tokens += estimateJson(body[name])
  return tokens
}

/** Estimates a text, or a list of blocks. A document or a picture counts by what it is, any other block as its JSON. */
function estimateBlocks(content: unknown): number {
  if (typeof content === 'string') return estimateText(content)
  if (!Array.isArray(content)) return isJsonObject(content) ? estimateJson(content) : 0
  let tokens = 0
  for (const block of content) {
    if (!isJsonObject(block)) tokens += estimateJson(block)
    else if (block.type === 'image') tokens += Math.max(tokensPerImage, estimateContent(block))
    else if (block.type === 'document') tokens += estimateContent(block)
    else if (block.content !== undefined) {
      const { content: inner, ...others } = block
      tokens += estimateBlocks(inner) + estimateJson(others)
    } else tokens += estimateJson(block)
  }
  return tokens
}

/** Searches reserved for a tool without `max_uses`. An assumption: Anthropic documents no maximum. */
const assumedSearches = 10

/** Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool, read on 2026-11-30. */
function readSearches({ tools }: JsonObject): Pick<RequestBounds, 'webSearches'> {
  let webSearches: number | undefined
  for (const tool of Array.isArray(tools) ? tools : []) {
    if (!isJsonObject(tool) || typeof tool.type !== 'string' || !tool.type.startsWith('web_search_')) continue
    const { max_uses: uses } = tool
    webSearches = (webSearches ?? 0) + (isCount(uses) ? uses : assumedSearches)
  }
  return webSearches === undefined ? noSearches : { webSearches }
}

const noSearches = {}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Reads the end user from `metadata.user_id`, and the session of an agent from its headers. */
function readMessageLabels({ metadata }: JsonObject, headers: CallHeaders): RequestLabels {
  const id = isJsonObject(metadata) ? metadata.user_id : undefined
  return { endUser: typeof id === 'string' ? withoutSession(id) : '', tags: readAgentTags(headers) }
}

/**
 * Claude Code adds the session to the id of its user, as JSON or after `_session_`. An end user is the same in each.
 * Source: https://github.com/coder/aibridge/pull/241
 */
function withoutSession(id: string): string {
  const { account_uuid: account, device_id: device } = id.startsWith('{') ? (parseJsonObject(id) ?? {}) : {}
  if (typeof account === 'string' && account !== '') return account
  if (typeof device === 'string' && device !== '') return device
  return id.replace(/_session_[0-9a-f-]{36}$/, '')
}

/** Converts a complete message to the text of its events (case A4). */
function toEvents(response: JsonObject): string | undefined {
  return toMessageEvents(response)
    ?.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('')
}

/** Converts a complete message to its events; undefined for one without content. */
export function toMessageEvents(response: JsonObject): readonly JsonObject[] | undefined {
  const { content, stop_reason, stop_sequence, stop_details, usage } = response
  if (!Array.isArray(content)) return undefined
  const message = { ...response, content: [], stop_reason: null, stop_sequence: null }
  const blocks = content.filter(isJsonObject).flatMap((block, index): JsonObject[] => {
    const [started, deltas] = splitBlock(block)
    return [
      { type: 'content_block_start', index, content_block: started },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]
  })
  const delta = { stop_reason, stop_sequence, ...(stop_details !== undefined && { stop_details }) }
  return [
    { type: 'message_start', message },
    ...blocks,
    { type: 'message_delta', delta, usage },
    { type: 'message_stop' },
  ]
}

/** Splits a block into its beginning and the deltas that complete it. A block of another type arrives whole. */
function splitBlock(block: JsonObject): readonly [started: JsonObject, deltas: readonly JsonObject[]] {
  const { type, text, thinking, signature, input } = block
  if (type === 'text' && typeof text === 'string') return [{ ...block, text: '' }, [{ type: 'text_delta', text }]]
  if (type === 'thinking' && typeof thinking === 'string') {
    const deltas: JsonObject[] = [{ type: 'thinking_delta', thinking }]
    if (typeof signature === 'string') deltas.push({ type: 'signature_delta', signature })
    return [{ ...block, thinking: '', signature: '' }, deltas]
  }
  if (typeof type === 'string' && type.endsWith('tool_use') && isJsonObject(input))
    return [{ ...block, input: {} }, [{ type: 'input_json_delta', partial_json: JSON.stringify(input) }]]
  return [block, []]
}

/** Joins the events of a stream to the message that they build. */
function fromEvents(events: readonly JsonObject[]): JsonObject | undefined {
  let message: JsonObject | undefined
  const content: JsonObject[] = []
  const inputs = new Map<number, string>()
  for (const { type, index, message: started, content_block: block, delta, usage } of events) {
    if (type === 'message_start' && isJsonObject(started)) message = started
    if (type === 'content_block_start' && isJsonObject(block)) content[toPosition(index, content.length)] = block
    if (type === 'content_block_delta' && isJsonObject(delta)) {
      const at = toPosition(index, Math.max(0, content.length - 1))
      if (typeof delta.partial_json === 'string') inputs.set(at, (inputs.get(at) ?? '') + delta.partial_json)
      else content[at] = joinDelta(content[at] ?? {}, delta)
    }
    if (type === 'message_delta' && message !== undefined) {
      message = { ...message, ...(isJsonObject(delta) ? delta : {}) }
      if (isJsonObject(usage)) message = { ...message, usage: withLatest(message.usage, usage) }
    }
  }
  if (message === undefined || typeof message.stop_reason !== 'string') return undefined
  for (const [at, json] of inputs) content[at] = { ...content[at], input: parseToolInput(json) }
  return { ...message, content: content.filter(isJsonObject) }
}

/** Adds the text of a delta to its block, and a citation to those of the block. */
function joinDelta(block: JsonObject, { type: _type, citation, ...delta }: JsonObject): JsonObject {
  const joined: Record<string, unknown> = { ...block }
  for (const [name, value] of Object.entries(delta)) {
    const before = joined[name]
    joined[name] = typeof value === 'string' && typeof before === 'string' ? before + value : value
  }
  if (citation !== undefined) joined.citations = [...(Array.isArray(block.citations) ? block.citations : []), citation]
  return joined
}

/** The counts of a later event are cumulative; those that it leaves out or sends as null stay. */
function withLatest(known: unknown, latest: JsonObject): JsonObject {
  const before = isJsonObject(known) ? known : {}
  const counts = Object.entries(latest).filter(([name, value]) => value !== null || before[name] === undefined)
  return { ...before, ...Object.fromEntries(counts) }
}
