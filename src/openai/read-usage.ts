import { isJsonObject, type JsonObject } from '../core/json.ts'
import { type DrawnTokens, type ServiceTier, toRegion, toServiceTier, type Usage } from '../core/usage.ts'

/**
 * Reads a `usage` object of chat completions (`prompt_tokens`, …) or of Responses, images and audio (`input_tokens`,
 * `seconds`, …). Returns undefined unless it has a count, a length or a price. Ignores counts that are not whole
 * numbers, and limits each part to its total (R53). `tier` is the `service_tier` of the response.
 */
export function readUsage(usage: unknown, tier?: unknown): Usage | undefined {
  if (!isJsonObject(usage)) return undefined
  const input = readCount(usage.prompt_tokens) ?? readCount(usage.input_tokens)
  const output = readCount(usage.completion_tokens) ?? readCount(usage.output_tokens)
  const reportedNano = readReported(usage)
  // Mistral uses the second name. Source: https://github.com/mistralai/client-ts, usageinfo.ts
  const seconds = readLength(usage.seconds) ?? readLength(usage.prompt_audio_seconds)
  if (input === undefined && output === undefined && reportedNano === undefined && seconds === undefined)
    return undefined
  const cached = readCacheCounts(usage)
  const inputTokens = (input ?? 0) + cached.outsideInput
  const isCounted = input !== undefined && output !== undefined
  // Mistral excludes audio from the input but not from the total, and bills its seconds.
  const hasAudioSeconds = usage.prompt_audio_seconds !== undefined
  const outputTokens = isCounted && !hasAudioSeconds ? withHiddenOutput(output, usage, inputTokens) : (output ?? 0)
  const serviceTier = toServiceTier(tier) ?? readOwnTier(usage)
  const region = toRegion(usage.inference_geo)
  const tools = usage.server_tool_use
  const webSearches = isJsonObject(tools) ? readCount(tools.web_search_requests) : undefined
  return {
    inputTokens,
    outputTokens,
    ...readInputParts(usage, cached, inputTokens),
    ...readOutputParts(usage, outputTokens),
    ...(seconds !== undefined && { seconds }),
    ...(webSearches !== undefined && { webSearches }),
    ...(serviceTier !== undefined && { serviceTier }),
    ...(region !== undefined && { region }),
    ...(reportedNano !== undefined && { reportedNano }),
  }
}

/** xAI and Gemini exclude reasoning from the output but not from the total, and bill it. */
function withHiddenOutput(output: number, usage: JsonObject, inputTokens: number): number {
  return Math.max(output, (readCount(usage.total_tokens) ?? 0) - inputTokens)
}

/**
 * Anthropic reports the tier in the usage. Its `priority` is prepaid capacity without a separate price.
 * Source: https://platform.claude.com/docs/en/build-with-claude/fast-mode
 */
function readOwnTier({ speed, service_tier: tier }: JsonObject): ServiceTier | undefined {
  if (speed === 'fast') return 'fast'
  return tier === 'batch' ? 'batch' : undefined
}

/**
 * Reads the pictures that a response drew from its `tool_usage.image_gen`; undefined if it drew none. Without details,
 * all output tokens are image tokens (case C6). Source: openai-node 7.57 `Response.ToolUsage`
 */
export function readDrawn(usage: unknown): DrawnTokens | undefined {
  if (!isJsonObject(usage)) return undefined
  const { inputTokens, cachedInputTokens, imageInputTokens, outputTokens, imageOutputTokens } = readUsage(usage) ?? {}
  if (inputTokens === undefined || outputTokens === undefined || inputTokens + outputTokens === 0) return undefined
  const cached = cachedInputTokens ?? readPart(usage.cached_tokens, inputTokens)
  return {
    inputTokens,
    outputTokens,
    imageOutputTokens: imageOutputTokens ?? outputTokens,
    ...(cached !== undefined && { cachedInputTokens: cached }),
    ...(imageInputTokens !== undefined && { imageInputTokens }),
  }
}

interface CacheCounts {
  readonly read: number | undefined
  readonly written: number | undefined
  /** Tokens that Anthropic counts in addition to its input; other providers include them in the input. */
  readonly outsideInput: number
}

const noCounts: CacheCounts = { read: undefined, written: undefined, outsideInput: 0 }

/** Reads the cache counts of DeepSeek and Anthropic, which apply if the details have none. */
function readCacheCounts(usage: JsonObject): CacheCounts {
  const read = readCount(usage.cache_read_input_tokens)
  const written = readCount(usage.cache_creation_input_tokens)
  // With `prompt_tokens` the input includes them already, whichever provider adds these names.
  if (read === undefined && written === undefined) {
    const hit = readCount(usage.prompt_cache_hit_tokens)
    return hit === undefined ? noCounts : { ...noCounts, read: hit }
  }
  const outsideInput = usage.prompt_tokens === undefined ? (read ?? 0) + (written ?? 0) : 0
  return { read, written, outsideInput }
}

function readInputParts(usage: JsonObject, cached: CacheCounts, inputTokens: number): Partial<Usage> {
  // Transcriptions use the singular. Source: https://platform.openai.com/docs/api-reference/audio/json-object
  const details = usage.prompt_tokens_details ?? usage.input_tokens_details ?? usage.input_token_details
  const known = isJsonObject(details) ? details : {}
  const read = readPart(known.cached_tokens, inputTokens) ?? readPart(cached.read, inputTokens)
  const written =
    readPart(known.cache_write_tokens, inputTokens) ??
    readPart(known.cache_creation_tokens ?? usage.cache_creation_tokens, inputTokens) ??
    readPart(cached.written, inputTokens)
  const long = written === undefined ? undefined : readPart(readLongWrites(usage, known), written)
  const audio = readPart(known.audio_tokens, inputTokens)
  const image = readPart(known.image_tokens, inputTokens)
  return {
    ...(read !== undefined && { cachedInputTokens: read }),
    ...(written !== undefined && { cacheWriteTokens: written }),
    ...(long !== undefined && { longCacheWriteTokens: long }),
    ...(audio !== undefined && { audioInputTokens: audio }),
    ...(image !== undefined && { imageInputTokens: image }),
  }
}

/**
 * Reads writes to Anthropic's one-hour cache and OpenAI's twelve-hour cache.
 * Sources: https://platform.claude.com/docs/en/build-with-claude/prompt-caching, openai-node 7.57 `ResponseUsage`
 */
function readLongWrites({ cache_creation: created }: JsonObject, { cache_write_tokens_details: written }: JsonObject) {
  if (isJsonObject(created)) return created.ephemeral_1h_input_tokens
  return isJsonObject(written) ? written.ttl_12h_tokens : undefined
}

function readOutputParts(usage: JsonObject, outputTokens: number): Partial<Usage> {
  const details = usage.completion_tokens_details ?? usage.output_tokens_details ?? usage.output_token_details
  if (!isJsonObject(details)) return {}
  // Anthropic uses the second name.
  const reasoning = readPart(details.reasoning_tokens ?? details.thinking_tokens, outputTokens)
  const audio = readPart(details.audio_tokens, outputTokens)
  const image = readPart(details.image_tokens, outputTokens)
  return {
    ...(reasoning !== undefined && { reasoningTokens: reasoning }),
    ...(audio !== undefined && { audioOutputTokens: audio }),
    ...(image !== undefined && { imageOutputTokens: image }),
  }
}

function readPart(value: unknown, total: number): number | undefined {
  const count = readCount(value)
  return count === undefined ? undefined : Math.min(count, total)
}

function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** Reads seconds, including fractions. */
function readLength(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined
}

/** xAI's price unit. Source: https://docs.x.ai/developers/cost-tracking, read 2026-11-29 */
const ticksPerNano = 10

/**
 * Reads the cost that the provider reports, in nano-USD: xAI's `cost_in_usd_ticks`, OpenRouter's `cost`, Perplexity's
 * `cost.total_cost`, DeepInfra's `estimated_cost`. The provider's adapter decides whether it is the charge (case C9).
 */
function readReported(usage: JsonObject): number | undefined {
  const { cost, estimated_cost: estimated, cost_in_usd_ticks: ticks } = usage
  if (typeof ticks === 'number') return readCount(Math.round(ticks / ticksPerNano))
  if (isJsonObject(cost)) return readNano(cost.total_cost)
  return readNano(withOwnKeyCost(cost, usage)) ?? readNano(estimated)
}

/**
 * Adds the upstream cost for calls with the operator's own key (BYOK): OpenRouter's `cost` is then only its fee, and
 * the maker of the model charges the rest. Undefined if the upstream cost is not reported.
 * Source: https://openrouter.ai/docs/use-cases/usage-accounting, read 2026-11-29
 */
function withOwnKeyCost(cost: unknown, { is_byok: isOwnKey, cost_details: details }: JsonObject): unknown {
  if (isOwnKey === false || typeof cost !== 'number') return cost
  const upstream = isJsonObject(details) ? details.upstream_inference_cost : undefined
  if (typeof upstream !== 'number') return isOwnKey === true ? undefined : cost
  // Without `is_byok`, an upstream cost above the fee also indicates BYOK.
  return isOwnKey === true || upstream > cost ? cost + upstream : cost
}

/** Converts USD to nano-USD. */
function readNano(value: unknown): number | undefined {
  return typeof value === 'number' ? readCount(Math.round(value * 1e9)) : undefined
}
