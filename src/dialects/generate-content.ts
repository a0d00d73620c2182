import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isUncounted, toServiceTier, type Usage } from '../core/usage.ts'
import type { Dialect, EventFormat, OutputLimitFormat, ReplyFormat, RequestBounds, ResponseFacts } from './dialect.ts'
import {
  field,
  geminiFormat,
  listOf,
  readCount,
  refuseOtherModel,
  refuseTwice,
  requireGeminiFields,
  toGeminiError,
  toOptionalModel,
} from './gemini-format.ts'
import { estimateInput } from './gemini-input.ts'
import { countSearches, readGeminiUsage } from './gemini-usage.ts'
import { toPosition } from './to-position.ts'

const generationConfig = field('generationConfig')
const maxOutputTokens = field('maxOutputTokens')
const candidateCount = field('candidateCount')
const serviceTier = field('serviceTier')
const thinkingConfig = field('thinkingConfig')
const thinkingBudget = field('thinkingBudget')
const toolConfig = field('toolConfig')
const functionCallingConfig = field('functionCallingConfig')
/** The request whose tokens are to be counted. */
export const generateContentRequest = field('generateContentRequest')

/** The settings that demand JSON, or one value of a list. */
const schemas = [
  ['responseSchema', field('responseSchema')],
  ['responseJsonSchema', field('responseJsonSchema')],
] as const
const responseMimeType = field('responseMimeType')

/** Google's tools that search for a charge. Source: https://ai.google.dev/gemini-api/docs/pricing, read on 2026-11-30. */
const searchTools = ['googleSearch', 'googleSearchRetrieval', 'googleMaps', 'enterpriseWebSearch']
const searchFields = searchTools.map(field)

const contentFields = requireGeminiFields({
  required: ['contents'],
  counts: ['generationConfig.maxOutputTokens', 'generationConfig.candidateCount', 'serviceTier', 'tools'],
  reads: [
    ...schemas.map(([name]) => `generationConfig.${name}`),
    'generationConfig.responseMimeType',
    'generationConfig.thinkingConfig.thinkingBudget',
    'toolConfig.functionCallingConfig.mode',
    ...searchTools.map((name) => `tools.${name}`),
  ],
})

const truncationReason = 'MAX_TOKENS'

/**
 * Each event is a response with the candidates so far added, and its usage counts from the start; the last has the
 * finish reason. Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 */
const contentEvents: EventFormat = {
  terminator: undefined,
  usageOf: readUsageOf,
  usagePath: () => ['usageMetadata'],
  hasUsageAnywhere: false,
  isUsageAlone: () => false,
  finishOf,
  truncationReason,
  finishedChoices: ({ candidates }) =>
    listOf(candidates)
      .filter(isJsonObject)
      .filter(({ finishReason }) => isReason(finishReason))
      .map(({ index }) => (typeof index === 'number' ? index : 0)),
  isError: ({ error }) => isJsonObject(error),
  isContent: ({ error }) => !isJsonObject(error),
  textOf: ({ candidates }) => listOf(candidates).map(textOfCandidate).join(''),
  estimatedBy: 'text',
  endsWithConnection: false,
  mayOffload: true,
  // Gemini CLI 0.61 fails with "Incomplete JSON segment" after a comment, and skips blank lines (`npm run agents`).
  heartbeat: new TextEncoder().encode('\n\n'),
  toErrorEvent: (error) => `data: ${JSON.stringify(toGeminiError(error))}\n\n`,
}

/** The types of @google/genai 3.3.0 explain them. */
const policyEnds: ReadonlySet<unknown> = new Set([
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'ESCALATION',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
])

/** Google sends an empty reply after a call that its model wrote wrongly, and in place of a picture that it should draw. */
const reply: ReplyFormat = {
  hasOutput: ({ candidates }) => listOf(candidates).filter(isJsonObject).flatMap(partsOf).some(isShown),
  // A prompt may be blocked for the reason `OTHER`, too.
  isRefusal: ({ candidates, promptFeedback: feedback }) =>
    (isJsonObject(feedback) && isReason(feedback.blockReason)) ||
    listOf(candidates).some((each) => isJsonObject(each) && policyEnds.has(each.finishReason)),
  turnEnds: new Set(['STOP']),
  faultyEnds: new Set([
    'OTHER',
    'MALFORMED_FUNCTION_CALL',
    'UNEXPECTED_TOOL_CALL',
    'MALFORMED_RESPONSE',
    'NO_IMAGE',
    'IMAGE_OTHER',
  ]),
}

/** False for the signature of hidden thoughts, which comes in a part of its own or with an empty text. */
function isShown({ text, thought: _thought, thoughtSignature: _signature, ...others }: JsonObject): boolean {
  return (typeof text === 'string' && text !== '') || Object.keys(others).length > 0
}

const outputLimit: OutputLimitFormat = {
  read: (body) => readLimit(body),
  toMembers(body, names, tokens) {
    const limit = readLimit(body)
    if (limit !== undefined && limit <= tokens) return {}
    const [name = 'generationConfig', member = 'maxOutputTokens'] = names[0]?.split('.') ?? []
    const isSnake = body.generation_config !== undefined && body.generation_config !== null
    const config = generationConfig(body)
    const known = isJsonObject(config) ? config : {}
    const limitName = known.max_output_tokens === undefined ? member : 'max_output_tokens'
    return { [isSnake ? 'generation_config' : name]: { ...known, [limitName]: tokens } }
  },
  needsCompleteFor(body) {
    const config = generationConfig(body)
    const schema = schemas.find(([, read]) => read(config) !== undefined && read(config) !== null)
    if (schema !== undefined) return `generationConfig.${schema[0]}`
    const type = responseMimeType(config)
    if (type === 'application/json' || type === 'text/x.enum') return 'generationConfig.responseMimeType'
    const calling = functionCallingConfig(toolConfig(body))
    const isForced = isJsonObject(calling) && (calling.mode === 'ANY' || calling.mode === anyMode)
    return isForced ? 'toolConfig.functionCallingConfig' : undefined
  },
  reasoningOf(body) {
    // -1 leaves the budget to the model.
    const budget = thinkingBudget(thinkingConfig(generationConfig(body)))
    return typeof budget === 'number' && Number.isSafeInteger(budget) ? Math.max(0, budget) : 0
  },
  truncationReason,
  isDeferred: () => false,
}

/** The number of `ANY`, which Google's parser accepts in place of the name. */
const anyMode = 2

/** The only name of the output limit, for declarations of providers. */
export const outputLimitPath = 'generationConfig.maxOutputTokens'

/** Source: https://ai.google.dev/api/generate-content, read on 2026-11-30. */
export const generateContent: Dialect = {
  ...geminiFormat,
  id: 'generateContent',
  ...contentFields,
  readRequest(body, path) {
    const facts = contentFields.readRequest(body, path)
    refuseOtherModel(body.model, 'model', path)
    const config = generationConfig(body)
    if (config !== undefined && !isJsonObject(config))
      throw new GatewayError('invalid_value', '`generationConfig` must be an object.', { param: 'generationConfig' })
    const tools = toolConfig(body)
    refuseTwice(config, 'generationConfig.')
    refuseTwice(thinkingConfig(config), 'generationConfig.thinkingConfig.')
    refuseTwice(tools, 'toolConfig.')
    refuseTwice(functionCallingConfig(tools), 'toolConfig.functionCallingConfig.')
    for (const [at, tool] of listOf(body.tools).entries()) refuseTwice(tool, `tools[${at}].`)
    return facts
  },
  boundRequest(body) {
    const tier = serviceTier(body)
    const named = typeof tier === 'string' ? toServiceTier(tier.toLowerCase()) : undefined
    return {
      inputTokens: estimateInput(body),
      maxOutputTokens: readLimit(body),
      choices: countChoices(body),
      ...(named !== undefined && { serviceTier: named }),
      ...readSearches(body),
    }
  },
  outputLimit,
  countChoices,
  toModelFields: toOptionalModel,
  readResponse,
  reply,
  events: contentEvents,
  toEvents: (response) => (hasResult(response) ? `data: ${JSON.stringify(response)}\n\n` : undefined),
  fromEvents,
}

const countFields = requireGeminiFields({ required: ['contents', 'generateContentRequest'] })

/**
 * Counts the input tokens of a request without running it, for no charge.
 * Source: https://ai.google.dev/api/tokens, read on 2026-11-30.
 */
export const contentTokenCounts: Dialect = {
  ...geminiFormat,
  id: 'countTokens',
  ...countFields,
  readRequest(body, path) {
    const facts = countFields.readRequest(body, path)
    const inner = generateContentRequest(body)
    if (isJsonObject(inner)) refuseOtherModel(inner.model, 'generateContentRequest.model', path)
    refuseOtherModel(body.model, 'model', path)
    return facts
  },
  boundRequest: () => ({ inputTokens: 0, maxOutputTokens: 0, choices: 1 }),
  toEstimate(body) {
    const inner = generateContentRequest(body)
    return { totalTokens: estimateInput(isJsonObject(inner) ? inner : body) }
  },
  toModelFields(model, body) {
    const inner = generateContentRequest(body)
    const name = body.generateContentRequest === undefined ? 'generate_content_request' : 'generateContentRequest'
    return {
      ...toOptionalModel(model, body),
      ...(isJsonObject(inner) && { [name]: { ...inner, ...toOptionalModel(model, inner) } }),
    }
  },
  readResponse: (body) => ({
    // The counted tokens are not used: none counts towards a limit.
    usage: { inputTokens: 0, outputTokens: 0 },
    finishReason: undefined,
    isError: isJsonObject(body.error),
    // A count of zero is left out, as every field with its default.
    hasResult: !isJsonObject(body.error),
    outputText: '',
  }),
  events: contentEvents,
  fromEvents: (events) => events.at(-1),
}

function readLimit(body: JsonObject): number | undefined {
  return readCount(maxOutputTokens(generationConfig(body)), outputLimitPath)
}

function countChoices(body: JsonObject): number {
  return Math.max(1, readCount(candidateCount(generationConfig(body)), 'generationConfig.candidateCount') ?? 1)
}

/** Searches reserved for a tool. An assumption: Google documents no maximum. */
const assumedSearches = 10

function readSearches({ tools }: JsonObject): Pick<RequestBounds, 'webSearches'> {
  const offered = listOf(tools).filter((tool) => searchFields.some((read) => read(tool) !== undefined))
  return offered.length === 0 ? noSearches : { webSearches: assumedSearches * offered.length }
}

const noSearches = {}

function readUsageOf(data: JsonObject): Partial<Usage> | undefined {
  const usage = readGeminiUsage(data.usageMetadata)
  const webSearches = countSearches(data)
  if (webSearches === 0) return usage
  return { ...usage, webSearches }
}

function readResponse(body: JsonObject): ResponseFacts {
  const counted = readGeminiUsage(body.usageMetadata)
  const webSearches = countSearches(body)
  const usage = counted !== undefined && webSearches > 0 ? { ...counted, webSearches } : counted
  const isTextNeeded = usage === undefined || usage.outputTokens === 0
  const outputText = isTextNeeded ? contentEvents.textOf(body) : ''
  return {
    // Zeros are not a count if the response has output text (case C5).
    usage: usage !== undefined && isUncounted(usage) && outputText !== '' ? undefined : usage,
    finishReason: finishOf(body)?.slice(0, 40),
    isError: isJsonObject(body.error),
    hasResult: hasResult(body),
    outputText,
  }
}

/** A blocked prompt has feedback in place of candidates. */
function hasResult({ candidates, promptFeedback, usageMetadata }: JsonObject): boolean {
  return Array.isArray(candidates) || isJsonObject(promptFeedback) || isJsonObject(usageMetadata)
}

/** Returns the reason of a truncated candidate, which truncates the response, else of the first, or of a block. */
function finishOf({ candidates, promptFeedback: feedback }: JsonObject): string | undefined {
  let first: string | undefined
  for (const candidate of listOf(candidates)) {
    const reason = isJsonObject(candidate) ? candidate.finishReason : undefined
    if (!isReason(reason)) continue
    if (reason === truncationReason) return reason
    first ??= reason
  }
  const blocked = isJsonObject(feedback) ? feedback.blockReason : undefined
  return first ?? (isReason(blocked) ? blocked : undefined)
}

function isReason(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.endsWith('_UNSPECIFIED')
}

/** Returns the text, thoughts, calls and code that the model wrote in a candidate. */
function textOfCandidate(candidate: unknown): string {
  const content = isJsonObject(candidate) ? candidate.content : undefined
  const parts = isJsonObject(content) ? listOf(content.parts) : []
  return parts
    .filter(isJsonObject)
    .flatMap(({ text, functionCall: call, executableCode: code }) => [
      typeof text === 'string' ? text : '',
      isJsonObject(call) ? `${String(call.name)}${JSON.stringify(call.args ?? {})}` : '',
      isJsonObject(code) ? String(code.code) : '',
    ])
    .join('')
}

/** Joins the events of a stream to the response that they build. */
function fromEvents(events: readonly JsonObject[]): JsonObject | undefined {
  let response: JsonObject | undefined
  const candidates: JsonObject[] = []
  for (const event of events) {
    response = { ...response, ...event }
    for (const candidate of listOf(event.candidates).filter(isJsonObject)) {
      const index = toPosition(candidate.index, 0)
      candidates[index] = joinCandidate(candidates[index], candidate)
    }
  }
  if (response === undefined || finishOf({ ...response, candidates }) === undefined) return undefined
  return candidates.length === 0 ? response : { ...response, candidates: candidates.filter(isJsonObject) }
}

function joinCandidate(known: JsonObject | undefined, added: JsonObject): JsonObject {
  if (known === undefined) return added
  const parts = [...partsOf(known)]
  for (const part of partsOf(added)) {
    const last = parts.at(-1)
    // The last event of a stream often has one.
    if (last !== undefined && isTextOnly(part) && part.text === '') continue
    if (last !== undefined && isTextOnly(last) && isTextOnly(part) && last.thought === part.thought)
      parts[parts.length - 1] = { ...last, text: `${String(last.text)}${String(part.text)}` }
    else parts.push(part)
  }
  const content = { ...asObject(known.content), ...asObject(added.content), parts }
  return { ...known, ...added, content }
}

function partsOf({ content }: JsonObject): readonly JsonObject[] {
  return listOf(asObject(content).parts).filter(isJsonObject)
}

function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}

/** A part with a signature keeps its place, because the signature belongs to it. */
function isTextOnly(part: JsonObject): boolean {
  return Object.keys(part).every((name) => name === 'text' || name === 'thought') && typeof part.text === 'string'
}
