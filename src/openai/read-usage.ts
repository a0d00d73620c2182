import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'

/**
 * Reads a `usage` object of chat completions (`prompt_tokens`, …) or of Responses, images and audio (`input_tokens`, `seconds`, …).
 * Undefined unless it tells one count, a length or a price. What is no whole number of tokens is left out, and no part is larger than its
 * total (R53).
 */
export function readUsage(usage: unknown): Usage | undefined {
  if (!isJsonObject(usage)) return undefined
  const input = readCount(usage.prompt_tokens) ?? readCount(usage.input_tokens)
  const output = readCount(usage.completion_tokens) ?? readCount(usage.output_tokens)
  const reportedNano = readNano(usage.cost) ?? readNano(usage.estimated_cost)
  // The second name is Mistral's. Source: https://github.com/mistralai/client-ts, usageinfo.ts
  const seconds = readLength(usage.seconds) ?? readLength(usage.prompt_audio_seconds)
  if (input === undefined && output === undefined && reportedNano === undefined && seconds === undefined)
    return undefined
  const cached = readCacheCounts(usage)
  const inputTokens = (input ?? 0) + cached.besideInput
  const isCounted = input !== undefined && output !== undefined
  const outputTokens = isCounted ? withHiddenOutput(output, usage, inputTokens) : (output ?? 0)
  return {
    inputTokens,
    outputTokens,
    ...readInputParts(usage, cached, inputTokens),
    ...readOutputParts(usage, outputTokens),
    ...(seconds !== undefined && { seconds }),
    ...(reportedNano !== undefined && { reportedNano }),
  }
}

/** xAI and Gemini leave reasoning out of the output, though not out of the total, and bill it. */
function withHiddenOutput(output: number, usage: JsonObject, inputTokens: number): number {
  return Math.max(output, (readCount(usage.total_tokens) ?? 0) - inputTokens)
}

interface CacheCounts {
  readonly read: number | undefined
  readonly written: number | undefined
  /** Tokens that Anthropic counts beside its input, where others count them in. */
  readonly besideInput: number
}

const noCounts: CacheCounts = { read: undefined, written: undefined, besideInput: 0 }

/** Where the details say nothing: DeepSeek's and Anthropic's own names. */
function readCacheCounts(usage: JsonObject): CacheCounts {
  const read = readCount(usage.cache_read_input_tokens)
  const written = readCount(usage.cache_creation_input_tokens)
  // Chat completions count them in already, whichever provider adds these names.
  if (read === undefined && written === undefined) {
    const hit = readCount(usage.prompt_cache_hit_tokens)
    return hit === undefined ? noCounts : { ...noCounts, read: hit }
  }
  const besideInput = usage.prompt_tokens === undefined ? (read ?? 0) + (written ?? 0) : 0
  return { read, written, besideInput }
}

function readInputParts(usage: JsonObject, cached: CacheCounts, inputTokens: number): Partial<Usage> {
  const details = usage.prompt_tokens_details ?? usage.input_tokens_details
  const known = isJsonObject(details) ? details : {}
  const read = readPart(known.cached_tokens, inputTokens) ?? readPart(cached.read, inputTokens)
  const written = readPart(known.cache_write_tokens, inputTokens) ?? readPart(cached.written, inputTokens)
  const audio = readPart(known.audio_tokens, inputTokens)
  const image = readPart(known.image_tokens, inputTokens)
  return {
    ...(read !== undefined && { cachedInputTokens: read }),
    ...(written !== undefined && { cacheWriteTokens: written }),
    ...(audio !== undefined && { audioInputTokens: audio }),
    ...(image !== undefined && { imageInputTokens: image }),
  }
}

function readOutputParts(usage: JsonObject, outputTokens: number): Partial<Usage> {
  const details = usage.completion_tokens_details ?? usage.output_tokens_details
  if (!isJsonObject(details)) return {}
  const reasoning = readPart(details.reasoning_tokens, outputTokens)
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

/** Parts of a second count. */
function readLength(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined
}

/** USD, as OpenRouter's `cost` and DeepInfra's `estimated_cost` have it. */
function readNano(value: unknown): number | undefined {
  return typeof value === 'number' ? readCount(Math.round(value * 1e9)) : undefined
}
