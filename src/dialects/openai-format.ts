import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isUncounted, toRegion, toServiceTier, type Usage } from '../core/usage.ts'
import { estimateContent, estimateJson, estimateText, estimateTokens } from '../openai/estimate-tokens.ts'
import { foldName, isFolded } from '../openai/fold-name.ts'
import { findHiddenField, indexFields, topOf } from '../openai/hidden-fields.ts'
import { readOtherModels } from '../openai/other-models.ts'
import { readDrawn, readUsage } from '../openai/read-usage.ts'
import { listsModels } from '../openai/routing-fields.ts'
import type { Dialect, ErrorFacts, EventFormat, OutputLimitFormat, RequestBounds, RequestFacts } from './dialect.ts'
import { openaiResponseHeaders } from './response-headers.ts'

/** The parts that OpenAI's dialects share. Source: https://platform.openai.com/docs/api-reference */

interface RequiredField {
  readonly name: string
  readonly type: 'array' | 'string' | 'count' | 'any'
  readonly message: string
}

/**
 * The fields that an operation reads in addition to the required ones, as paths: `text.format.type`, `tools[].type`.
 */
interface OtherFields {
  readonly needsModel: boolean
  /** True if callers may choose models and providers by OpenRouter's `models` and `provider`. False if unset. */
  readonly takesRouting?: boolean
  /** Fields that bound or measure the cost of a call, in addition to `commonCounted`. */
  readonly counts?: readonly string[]
  /** Other fields that Weir decides by, in addition to `commonReads`. */
  readonly reads?: readonly string[]
}

const commonCounted: readonly string[] = [
  'stream',
  'stream_options.include_usage',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'n',
  'best_of',
]

const commonReads: readonly string[] = ['model', 'usage', 'user', 'safety_identifier', 'metadata']

/** The fields of a conversation, in addition to its messages or its input. */
export const conversation = {
  counts: ['service_tier', 'speed', 'inference_geo'],
  reads: [
    'tools',
    'tool_choice.type',
    'tool_choice.mode',
    'tool_choice.allowed_tools.mode',
    'thinking.budget_tokens',
    'thinking_budget',
    'reasoning.max_tokens',
    'extra_body.google.thinking_config.thinking_budget',
  ],
} as const

/** Creates the check and the schema of a request that requires these fields. */
export function requireFields(
  required: readonly RequiredField[],
  { needsModel, takesRouting = false, counts = [], reads = [] }: OtherFields,
): Pick<Dialect, 'readRequest' | 'requestSchema' | 'findHidden'> {
  const counted = [...commonCounted, ...required.map(({ name }) => name), ...counts]
  const read = toNames([...counted, ...commonReads, ...reads, ...(takesRouting ? ['models', 'provider'] : [])])
  const hideable = indexFields(counted.map(topOf))
  return {
    readRequest(body) {
      const other = findOtherSpelling(body, read)
      if (other === undefined) return readFacts(body, required, needsModel && !(takesRouting && listsModels(body)))
      const { path, own } = other
      throw new GatewayError('invalid_value', `Spell the field \`${path}\` as \`${own}\`.`, { param: path })
    },
    findHidden: (body) => findHiddenField(body, hideable),
    requestSchema: {
      type: 'object',
      properties: {
        model: { type: 'string', description: 'A model, `provider/model`, or an alias.' },
        ...Object.fromEntries(required.map(({ name, type }) => [name, fieldSchemas[type]])),
      },
      required: [...(needsModel ? ['model'] : []), ...required.map(({ name }) => name)],
      additionalProperties: true,
    },
  }
}

const fieldSchemas = {
  any: {},
  array: { type: 'array', items: {} },
  string: { type: 'string' },
  count: { type: 'integer', minimum: 0 },
} as const

/**
 * Checks the fields without which the upstream would respond 400, and reads the model, `stream` and `include_usage`.
 */
function readFacts(body: JsonObject, required: readonly RequiredField[], needsModel: boolean): RequestFacts {
  for (const { name, type, message } of required) {
    const value = body[name]
    if (value === undefined || value === null)
      throw new GatewayError('missing_required_parameter', message, { param: name })
    if (!isOfType(value, type)) throw new GatewayError('invalid_value', message, { param: name })
  }
  const { stream_options: options } = body
  if (options !== undefined && options !== null && !isJsonObject(options))
    throw new GatewayError('invalid_value', '`stream_options` must be an object.', { param: 'stream_options' })
  return {
    model: readModel(body.model, needsModel),
    isStream: readFlag(body, 'stream') ?? false,
    wantsUsage: isJsonObject(options) && options.include_usage === true,
  }
}

function isOfType(value: unknown, type: RequiredField['type']): boolean {
  if (type === 'array') return Array.isArray(value)
  if (type === 'string') return typeof value === 'string'
  return type === 'any' || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)
}

/** The names read of an object, each with the names read of its nested object or list of objects. */
interface Names {
  readonly own: ReadonlyMap<string, Names>
  readonly byFolded: ReadonlyMap<string, string>
  /** False if a name has upper case: then also a lower-case name may be another spelling. */
  readonly areFolded: boolean
}

function toNames(paths: readonly string[]): Names {
  const inner = new Map<string, string[]>()
  for (const path of paths) {
    const [name = '', ...rest] = path.replaceAll('[]', '').split('.')
    const below = inner.get(name) ?? []
    if (rest.length > 0) below.push(rest.join('.'))
    inner.set(name, below)
  }
  return {
    own: new Map([...inner].map(([name, below]) => [name, toNames(below)])),
    byFolded: new Map([...inner.keys()].map((name) => [foldName(name), name])),
    areFolded: [...inner.keys()].every(isFolded),
  }
}

interface OtherSpelling {
  readonly path: string
  readonly own: string
}

/**
 * Finds another spelling of a field that Weir reads (S86): a server whose JSON parser ignores case, like Go's, would
 * accept it. Other fields pass in any spelling. Hot path: skips values under other names, such as messages.
 */
function findOtherSpelling(object: JsonObject, read: Names): OtherSpelling | undefined {
  for (const name in object) {
    const below = read.own.get(name)
    if (below === undefined) {
      if (read.areFolded && isFolded(name)) continue
      const own = read.byFolded.get(foldName(name))
      if (own !== undefined) return { path: name, own }
    } else if (below.own.size > 0) {
      const found = findBelow(object[name], below)
      if (found !== undefined) return { path: `${name}${found.path}`, own: found.own }
    }
  }
  return undefined
}

function findBelow(value: unknown, read: Names): OtherSpelling | undefined {
  if (isJsonObject(value)) {
    const found = findOtherSpelling(value, read)
    return found && { path: `.${found.path}`, own: found.own }
  }
  if (!Array.isArray(value)) return undefined
  for (let at = 0; at < value.length; at++) {
    const found = findBelow(value[at], read)
    if (found !== undefined) return { path: `[${at}]${found.path}`, own: found.own }
  }
  return undefined
}

/**
 * Maximum length of a model name. The longest, of fine-tuned models and deployments, are below 100; the ledger stores
 * each forever (case D9).
 */
const modelCharacters = 256

/**
 * Reads the model; undefined if it is optional and absent. Half a surrogate pair fits neither a URL nor a header (S67).
 */
export function readModel(model: unknown, isRequired: boolean): string | undefined {
  if (typeof model === 'string' && model.length > modelCharacters)
    throw new GatewayError('invalid_value', `model must be a name of at most ${modelCharacters} characters.`, {
      param: 'model',
    })
  if (typeof model === 'string' && model.trim() !== '' && model.isWellFormed()) return model
  if (model !== undefined && model !== null)
    throw new GatewayError('invalid_value', 'model must be a string: the name of a model.', { param: 'model' })
  if (!isRequired) return undefined
  throw new GatewayError(
    'missing_required_parameter',
    'model field is required: the name of a model. GET /v1/models lists the available models.',
    { param: 'model' },
  )
}

function readFlag(body: JsonObject, name: string): boolean | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw new GatewayError('invalid_value', `${name} must be true or false.`, { param: name })
}

/** Reads the output limit, and the number of choices: `n` or `best_of`, at least 1. */
export function readOutputBounds(body: JsonObject): {
  readonly maxOutputTokens: number | undefined
  readonly choices: number
} {
  // The larger of two limits applies, because it is unknown which one a provider uses.
  const maxOutputTokens = largest(
    readLimit(body, 'max_tokens'),
    largest(readLimit(body, 'max_completion_tokens'), readLimit(body, 'max_output_tokens')),
  )
  return { maxOutputTokens, choices: Math.max(1, largest(readCount(body, 'n'), readCount(body, 'best_of')) ?? 1) }
}

/** The output limits of a chat, under the names that a provider supports. */
export const chatOutputLimit: OutputLimitFormat = {
  read(body, names) {
    let limit: number | undefined
    for (const name of names) limit = largest(limit, readLimit(body, name))
    return limit
  },
  toMembers(body, names, tokens) {
    const used = names.filter((name) => body[name] !== undefined && body[name] !== null)
    if (used.length === 0) return Object.fromEntries(names.slice(0, 1).map((name) => [name, tokens]))
    const above = used.filter((name) => (readLimit(body, name) ?? Number.POSITIVE_INFINITY) > tokens)
    return Object.fromEntries(above.map((name) => [name, tokens]))
  },
  needsCompleteFor({ response_format: format, tool_choice: choice, function_call: call }) {
    if (isJsonFormat(format)) return 'response_format'
    if (isForced(choice)) return 'tool_choice'
    return isJsonObject(call) ? 'function_call' : undefined
  },
  reasoningOf(body) {
    let max = 0
    for (const path of reasoningBudgets) {
      let value: unknown = body
      for (const name of path) value = isJsonObject(value) ? value[name] : undefined
      if (typeof value === 'number' && Number.isSafeInteger(value)) max = Math.max(max, value)
    }
    return max
  },
  truncationReason: 'length',
  isDeferred: () => false,
}

/**
 * Paths of the reasoning budget in servers with this format: Anthropic, OpenRouter, Gemini, Qwen.
 * Sources: https://platform.claude.com/docs/en/cli-sdks-libraries/libraries/openai-sdk, https://openrouter.ai/docs/use-cases/reasoning-tokens,
 * https://ai.google.dev/gemini-api/docs/openai, https://www.alibabacloud.com/help/en/model-studio/deep-thinking
 */
const reasoningBudgets: readonly (readonly string[])[] = [
  ['thinking', 'budget_tokens'],
  ['reasoning', 'max_tokens'],
  ['extra_body', 'google', 'thinking_config', 'thinking_budget'],
  ['thinking_budget'],
]

/** True for `{type: 'json_schema' | 'json_object'}`, because truncated JSON is invalid. */
export function isJsonFormat(format: unknown): boolean {
  return isJsonObject(format) && (format.type === 'json_schema' || format.type === 'json_object')
}

/**
 * True for a `tool_choice` that forces a call: `required`, a named tool, or `allowed_tools` with the mode `required`.
 */
export function isForced(choice: unknown): boolean {
  if (!isJsonObject(choice)) return choice === 'required'
  const { allowed_tools: allowed = choice } = choice
  return choice.type !== 'allowed_tools' || (isJsonObject(allowed) && allowed.mode === 'required')
}

function largest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other)
}

/** Reads Anthropic's `speed` and `inference_geo`, and the `service_tier` of other providers. */
export function readService({
  service_tier: tier,
  speed,
  inference_geo: geo,
}: JsonObject): Pick<RequestBounds, 'serviceTier' | 'region'> {
  const serviceTier = toServiceTier(tier) ?? toServiceTier(speed)
  const region = toRegion(geo)
  if (serviceTier === undefined && region === undefined) return plainService
  return { serviceTier, region }
}

const plainService = {}

/** Reads a limit; -1 means no limit on local model servers. */
function readLimit(body: JsonObject, name: string): number | undefined {
  return body[name] === -1 ? undefined : readCount(body, name)
}

/** Reads a count. Rejects strings, because some providers accept `"128"` as 128. */
function readCount(body: JsonObject, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new GatewayError('invalid_value', `${name} must be a whole number, 0 or more.`, { param: name })
}

/** The members of a conversation that are not input and may be long. All others count, known or not (case C8). */
const settings: ReadonlySet<string> = new Set([
  'model',
  'models',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'previous_response_id',
  'conversation',
  'metadata',
  'stream_options',
  'stream',
  'usage',
  'provider',
  'service_tier',
  'speed',
  'inference_geo',
])

/** Estimates the tokens of messages or input items and of all other input to the model. */
export function estimateConversation(body: JsonObject): number {
  let tokens = 0
  for (const name in body) {
    if (settings.has(name)) continue
    const value = body[name]
    if ((name === 'messages' || name === 'input') && Array.isArray(value)) tokens += sum(value, estimateItem)
    else if (typeof value === 'string') tokens += estimateText(value)
    else if (typeof value === 'object') tokens += estimateJson(value)
  }
  return tokens
}

/** Estimates a message, or an item of Responses: a function call, its output, a generated picture. */
function estimateItem(item: unknown): number {
  if (!isJsonObject(item)) return estimateContent(item)
  const { content, output, result } = item
  const isPicture = typeof result === 'string' && content === undefined && output === undefined
  return isPicture ? estimateContent(item) : estimateTokens(item)
}

function sum(values: readonly unknown[], estimate: (value: unknown) => number): number {
  let total = 0
  for (const value of values) total += estimate(value)
  return total
}

/** OpenAI's error shape. Source: https://platform.openai.com/docs/guides/error-codes/api-errors */
export interface OpenAIErrorBody {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string | null
  }
}

/** Formats an error for OpenAI's SDKs. */
export function toOpenAIError({ message, type, param, code, details }: ErrorFacts): OpenAIErrorBody {
  return { error: { message, type, param: param ?? null, code, ...details } }
}

/** OpenAI's SDKs throw on an `error` member in the data of an event. Source: openai-node core/streaming */
export function toOpenAIErrorEvent(error: ErrorFacts): string {
  return `data: ${JSON.stringify(toOpenAIError(error))}\n\n`
}

/**
 * Creates a reader of complete responses with their content in `member`: `choices`, `output`, or `data` and the like,
 * which have no tokens. Without `member`, a response is an error if it reports a failure in any known form, and has no
 * result if the member `isRequired` (case A5).
 */
export function responseWith(member: string, { isRequired = false } = {}): Pick<Dialect, 'readResponse'> {
  return {
    readResponse(body) {
      const { choices, output, status } = body
      const reason = Array.isArray(choices) ? finishOfChoices(choices) : status
      const usage = readResponseUsage(body)
      const isMissing = body[member] === undefined || body[member] === null
      const outputText = usage === undefined || usage.outputTokens === 0 ? textIn(choices ?? output) : ''
      return {
        // Zeros are not a count if the response has output text (case C5).
        usage: usage !== undefined && isUncounted(usage) && outputText !== '' ? undefined : usage,
        finishReason: typeof reason === 'string' ? reason.slice(0, 40) : undefined,
        isError: isMissing && reportsFailure(body),
        hasResult: !(isMissing && isRequired),
        outputText,
      }
    },
  }
}

/** Returns the reason of a truncated choice, which truncates the response; otherwise that of the first choice. */
function finishOfChoices(choices: readonly unknown[]): unknown {
  let first: unknown
  for (const choice of choices) {
    const reason = isJsonObject(choice) ? choice.finish_reason : undefined
    if (reason === chatOutputLimit.truncationReason) return reason
    first ??= reason
  }
  return first
}

/** The members of choices and items that contain model output. */
const outputNames: ReadonlySet<string> = new Set([
  'content',
  'text',
  'refusal',
  'reasoning',
  'reasoning_content',
  'name',
  'arguments',
  'input',
])

function textIn(value: unknown): string {
  if (Array.isArray(value)) return value.map(textIn).join('')
  if (!isJsonObject(value)) return ''
  return Object.entries(value)
    .map(([name, member]) => (typeof member === 'string' ? (outputNames.has(name) ? member : '') : textIn(member)))
    .join('')
}

/** Reads the usage of a response or an event, including the provider's hosted tools (case C10). */
export function readResponseUsage({
  usage,
  service_tier: tier,
  output,
  tool_usage: tools,
  tools: offered,
}: JsonObject): Usage | undefined {
  const counted = readUsage(usage, tier)
  if (counted === undefined || !Array.isArray(output)) return counted
  const reportedSearches =
    isJsonObject(tools) && isJsonObject(tools.web_search) ? tools.web_search.num_requests : undefined
  let webSearches = 0
  let fileSearches = 0
  for (const item of output) {
    if (!isJsonObject(item)) continue
    // Opening a page is free.
    // Source: openai-node 7.57 `ToolUsage`, https://developers.openai.com/api/docs/guides/tools-web-search
    if (item.type === 'web_search_call' && !(isJsonObject(item.action) && item.action.type !== 'search'))
      webSearches += 1
    else if (item.type === 'file_search_call') fileSearches += 1
  }
  if (typeof reportedSearches === 'number' && Number.isSafeInteger(reportedSearches) && reportedSearches >= 0)
    webSearches = reportedSearches
  const drawn = isJsonObject(tools) ? readDrawn(tools.image_gen) : undefined
  if (webSearches === 0 && fileSearches === 0 && drawn === undefined) return counted
  return {
    ...counted,
    // The response does not show which tool searched: if both are offered, each search counts as the more expensive
    // one.
    ...(offersSearchPreview(offered) ? { webSearchPreviews: webSearches } : { webSearches }),
    fileSearches,
    ...(drawn !== undefined && { drawn }),
  }
}

/** True if the tools include OpenAI's older web search tool, whose name may end in a date. */
export function offersSearchPreview(tools: unknown): boolean {
  return (
    Array.isArray(tools) &&
    tools.some((tool) => isJsonObject(tool) && String(tool.type).startsWith('web_search_preview'))
  )
}

/** True for `{"error": …}`, `{"code": …, "message": …}`, `{"detail": …}` and `{"success": false}`. */
export function reportsFailure({ error, code, message, detail, success }: JsonObject): boolean {
  const isCoded = code !== undefined && code !== 0 && typeof message === 'string'
  return Boolean(error) || isCoded || Boolean(detail) || success === false
}

/** True if the `error` of an event or a response reports an error: an object or a non-empty string. */
export function isReported(error: unknown): boolean {
  return isJsonObject(error) || (typeof error === 'string' && error !== '')
}

/** True for an object, a list or a text without content. A number, a flag and a `type` are no content. */
export function isBlank(value: unknown): boolean {
  if (typeof value === 'string') return value === ''
  if (Array.isArray(value)) return value.every(isBlank)
  return !isJsonObject(value) || Object.entries(value).every(([name, member]) => name === 'type' || isBlank(member))
}

export function usageAtTop({ usage, service_tier: tier }: JsonObject): Usage | undefined {
  return readUsage(usage, tier)
}

/** Events with a `type`, such as partial pictures and audio. */
export const typedEvents: EventFormat = {
  terminator: '[DONE]',
  usageOf: usageAtTop,
  usagePath: () => ['usage'],
  hasUsageAnywhere: false,
  isUsageAlone: () => false,
  finishOf: ({ type }) => (typeof type === 'string' ? /\.(completed|done)$/.exec(type)?.[1] : undefined),
  isError: ({ error, type }) => isReported(error) || type === 'error' || type === 'response.failed',
  textOf: () => '',
  estimatedBy: 'deltas',
  endsWithConnection: false,
  mayOffload: false,
  toErrorEvent: toOpenAIErrorEvent,
}

/** Events of an endpoint that Weir does not understand (case A13): all pass until the connection ends. */
export const opaqueEvents: EventFormat = {
  ...typedEvents,
  terminator: undefined,
  usageOf: () => undefined,
  finishOf: () => undefined,
  isError: () => false,
  endsWithConnection: true,
  mayOffload: true,
}

/** The parts of a dialect that most of OpenAI's endpoints share: JSON, with usage by default. */
export const openAIFormat = {
  body: 'json',
  formModel: undefined,
  otherModels: readOtherModels,
  toUsageRequest: () => undefined,
  toModelFields: (model: string) => ({ model }),
  respondsInJson: true,
  ...responseWith('data'),
  responseHeaders: openaiResponseHeaders,
  events: typedEvents,
  toErrorBody: toOpenAIError,
} as const
