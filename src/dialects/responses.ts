import { isJsonObject, type JsonObject, toOptionalString } from '../core/json.ts'
import { pictureTokens } from '../openai/picture-tokens.ts'
import type { Dialect, ErrorFacts, ReplyFormat, RequestBounds, ResponseFacts, StateFormat } from './dialect.ts'
import {
  chatOutputLimit,
  conversation,
  estimateConversation,
  isForced,
  isJsonFormat,
  isReported,
  offersSearchPreview,
  openAIFormat,
  readOutputBounds,
  readResponseUsage,
  readService,
  reportsFailure,
  requireFields,
  responseWith,
  toOpenAIError,
  typedEvents,
} from './openai-format.ts'
import { responsesResponseHeaders } from './response-headers.ts'

/** The fields that bound the provider's hosted tools. */
const toolFields = ['type', 'model', 'size', 'quality', 'partial_images'].map((name) => `tools[].${name}`)

const state: StateFormat = {
  isKept: ({ store }) => store !== false,
  previousId: ({ previous_response_id: id }) => toOptionalString(id),
  idOf: ({ response, object, id }) =>
    toOptionalString(isJsonObject(response) ? response.id : object === 'response' ? id : undefined),
}

const reply: ReplyFormat = {
  hasOutput({ response, output, item, part, delta, text, refusal }) {
    const whole = isJsonObject(response) ? response.output : output
    if (Array.isArray(whole)) return whole.some(hasContent)
    return [delta, text, refusal].some((each) => typeof each === 'string' && each !== '') || hasContent(item ?? part)
  },
  isRefusal({ response, incomplete_details: own }) {
    const details = isJsonObject(response) ? response.incomplete_details : own
    return isJsonObject(details) && details.reason === 'content_filter'
  },
  turnEnds: new Set(['completed', 'done']),
  // A failed run that reports its error is a failure, and not judged here.
  faultyEnds: new Set(['failed']),
}

/** True for an item or a part with content. A message and hidden reasoning begin without any. */
function hasContent(item: unknown): boolean {
  if (!isJsonObject(item)) return false
  switch (item.type) {
    case 'message':
      return Array.isArray(item.content) && item.content.some(hasContent)
    case 'reasoning':
      return [item.summary, item.content].flat().some(hasContent)
    case 'output_text':
    case 'summary_text':
    case 'reasoning_text':
      return item.text !== ''
    case 'refusal':
      return item.refusal !== ''
    default:
      return true
  }
}

/** Source: https://platform.openai.com/docs/api-reference/responses */
export const responses: Dialect = {
  ...openAIFormat,
  id: 'responses',
  hasMedia: false,
  ...requireFields([], {
    needsModel: false,
    takesRouting: true,
    counts: [...conversation.counts, 'input', 'background', 'max_tool_calls', ...toolFields],
    reads: [...conversation.reads, 'text.format.type', 'store', 'previous_response_id'],
  }),
  state,
  readResponse,
  reply,
  responseHeaders: responsesResponseHeaders,
  boundRequest: (body) => ({
    inputTokens: estimateConversation(body),
    ...readOutputBounds(body),
    ...readService(body),
    ...readHostedSearches(body),
    ...readDrawing(body),
  }),
  outputLimit: {
    ...chatOutputLimit,
    needsCompleteFor({ text, tool_choice: choice }) {
      if (isJsonObject(text) && isJsonFormat(text.format)) return 'text'
      return isForced(choice) ? 'tool_choice' : undefined
    },
    truncationReason: 'incomplete',
    // Source: https://developers.openai.com/docs/guides/background
    isDeferred: ({ background }) => background === true,
  },
  events: {
    ...typedEvents,
    // The last events contain the complete response with its usage; they are recorded as they pass (case A11).
    hasUsageAnywhere: true,
    usageOf: (data) => readResponseUsage(isJsonObject(data.response) ? data.response : data),
    usagePath: ({ response }) => (isJsonObject(response) ? ['response', 'usage'] : ['usage']),
    finishOf: ({ type }) =>
      typeof type === 'string' ? /^response\.(completed|incomplete|failed|cancelled|done)$/.exec(type)?.[1] : undefined,
    mayOffload: true,
    toErrorEvent,
  },
  toEvents,
  fromEvents: (events) =>
    events.map(({ response }) => response).findLast((response) => isJsonObject(response) && isFinished(response)) as
      | JsonObject
      | undefined,
}

const countFields = requireFields([], { needsModel: false, reads: ['input', 'tools', 'previous_response_id'] })

/**
 * Counts the input tokens of a request without running it.
 * Source: https://developers.openai.com/api/docs/guides/token-counting, read on 2026-11-30.
 */
export const inputTokenCounts: Dialect = {
  ...openAIFormat,
  id: 'responses.input_tokens',
  hasMedia: false,
  ...countFields,
  readRequest: (body) => ({ ...countFields.readRequest(body), isStream: false }),
  state: { ...state, isKept: () => false },
  boundRequest: () => ({ inputTokens: 0, maxOutputTokens: 0, choices: 1 }),
  toEstimate: (body) => ({ object: 'response.input_tokens', input_tokens: estimateConversation(body) }),
  readResponse: (body) => ({
    // The counted tokens are not used: none counts towards a limit.
    usage: { inputTokens: 0, outputTokens: 0 },
    finishReason: undefined,
    isError: reportsFailure(body),
    hasResult: typeof body.input_tokens === 'number',
    outputText: '',
  }),
  responseHeaders: responsesResponseHeaders,
  fromEvents: (events) => events.at(-1),
}

/** Searches reserved if the caller sets no `max_tool_calls`. An assumption: no provider documents a maximum. */
const assumedSearches = 10

/** Source: https://platform.openai.com/docs/api-reference/responses/create#responses_create-tools */
function readHostedSearches({
  tools,
  max_tool_calls: maxCalls,
}: JsonObject): Pick<RequestBounds, 'webSearches' | 'webSearchPreviews' | 'fileSearches'> {
  if (!Array.isArray(tools)) return noSearches
  const types = tools.map((tool) => (isJsonObject(tool) && typeof tool.type === 'string' ? tool.type : ''))
  const count = isCount(maxCalls) ? maxCalls : assumedSearches
  const isPreview = offersSearchPreview(tools)
  return {
    webSearches: !isPreview && types.some((type) => type.startsWith('web_search')) ? count : undefined,
    webSearchPreviews: isPreview ? count : undefined,
    fileSearches: types.includes('file_search') ? count : undefined,
  }
}

const noSearches = {}

const output = responseWith('output')

function readResponse(body: JsonObject): ResponseFacts {
  const facts = output.readResponse(body)
  if (body.status === 'failed' && isReported(body.error)) return { ...facts, hasFailed: true }
  const isDeferred = facts.usage === undefined && (body.status === 'queued' || body.status === 'in_progress')
  return isDeferred ? { ...facts, isDeferred } : facts
}

/** Pictures reserved if the caller sets no `max_tool_calls`. An assumption: no provider documents a maximum. */
const assumedPictures = 2

/** Source: openai-node 7.57 `Tool.ImageGeneration` */
function readDrawing({ tools, max_tool_calls: maxCalls }: JsonObject): Pick<RequestBounds, 'drawing'> {
  const drawing = (Array.isArray(tools) ? tools : [])
    .filter(isJsonObject)
    .filter(({ type }) => type === 'image_generation')
  const [first] = drawing
  if (first === undefined) return {}
  // It is unknown which of several tools draws: differing members stay undefined, and the most expensive price applies.
  const shared = (name: string) =>
    drawing.every((tool) => tool[name] === first[name]) ? toOptionalString(first[name]) : undefined
  return {
    drawing: {
      model: shared('model'),
      images: isCount(maxCalls) ? maxCalls : assumedPictures,
      tokens: drawing.reduce((max, tool) => Math.max(max, pictureTokens(tool)), 0),
      size: shared('size'),
      quality: shared('quality'),
    },
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isFinished({ status }: JsonObject): boolean {
  return status !== 'in_progress' && status !== 'queued'
}

/**
 * Converts a complete response to its events (case A4).
 * Source: https://platform.openai.com/docs/api-reference/responses-streaming
 */
function toEvents(response: JsonObject): string {
  let number = 0
  const event = (type: string, data: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...data })}\n\n`
  const items = Array.isArray(response.output) ? response.output.filter(isJsonObject) : []
  const events = items.map((item, index) => {
    const at = { output_index: index, item_id: item.id }
    const parts = Array.isArray(item.content) ? item.content.filter(isJsonObject) : []
    return [
      event('response.output_item.added', {
        output_index: index,
        item: { ...item, status: 'in_progress', content: [] },
      }),
      ...parts.flatMap((part, content_index) => [
        event('response.content_part.added', { ...at, content_index, part: { ...part, text: '' } }),
        ...(typeof part.text === 'string'
          ? [
              event('response.output_text.delta', { ...at, content_index, delta: part.text }),
              event('response.output_text.done', { ...at, content_index, text: part.text }),
            ]
          : []),
        event('response.content_part.done', { ...at, content_index, part }),
      ]),
      event('response.output_item.done', { output_index: index, item }),
    ].join('')
  })
  const created = event('response.created', { response: { ...response, status: 'in_progress', output: [] } })
  const end = response.status === 'incomplete' || response.status === 'failed' ? response.status : 'completed'
  return `${created}${events.join('')}${event(`response.${end}`, { response })}`
}

/**
 * Writes two events, of which OpenAI's SDK reads the first, and Codex only the second: without it Codex does not know
 * that a conversation is too long. Sources: https://platform.openai.com/docs/api-reference/responses-streaming/error,
 * https://github.com/openai/codex/blob/main/codex-rs/codex-api/src/sse/responses.rs, read on 2026-11-30.
 */
function toErrorEvent(error: ErrorFacts): string {
  const body = toOpenAIError(error)
  const { code, message, param } = body.error
  const response = { object: 'response', status: 'failed', error: { code, message }, output: [] }
  const failed = { type: 'response.failed', response }
  return [
    `event: error\ndata: ${JSON.stringify({ type: 'error', code, message, param, ...body })}\n\n`,
    `event: response.failed\ndata: ${JSON.stringify(failed)}\n\n`,
  ].join('')
}
