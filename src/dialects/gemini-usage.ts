import { isJsonObject, type JsonObject } from '../core/json.ts'
import { toServiceTier, type Usage } from '../core/usage.ts'
import { listOf } from './gemini-format.ts'

/**
 * Reads a `usageMetadata`; undefined unless it has a count.
 * - Results of Google's own tools are input in addition to the prompt; thoughts are output in addition to the candidates.
 *   All are billed.
 * - The counts of a modality include its cached tokens, which have the price of the cache.
 *
 * Sources, read on 2026-11-30: https://ai.google.dev/api/generate-content#UsageMetadata, …/gemini-api/docs/pricing
 */
export function readGeminiUsage(metadata: unknown): Usage | undefined {
  if (!isJsonObject(metadata)) return undefined
  const prompt = toCount(metadata.promptTokenCount)
  const candidates = toCount(metadata.candidatesTokenCount)
  const thoughts = toCount(metadata.thoughtsTokenCount)
  if (prompt === undefined && candidates === undefined && thoughts === undefined) return undefined
  const inputTokens = (prompt ?? 0) + (toCount(metadata.toolUsePromptTokenCount) ?? 0)
  const outputTokens = (candidates ?? 0) + (thoughts ?? 0)
  const cached = toCount(metadata.cachedContentTokenCount)
  const uncachedOf = (modality: string) => {
    const all = countOf(metadata.promptTokensDetails, modality) + countOf(metadata.toolUsePromptTokensDetails, modality)
    return Math.min(inputTokens, Math.max(0, all - countOf(metadata.cacheTokensDetails, modality)))
  }
  const audioInput = uncachedOf('AUDIO')
  const imageInput = uncachedOf('IMAGE')
  const audioOutput = Math.min(outputTokens, countOf(metadata.candidatesTokensDetails, 'AUDIO'))
  const imageOutput = Math.min(outputTokens, countOf(metadata.candidatesTokensDetails, 'IMAGE'))
  const { serviceTier: name } = metadata
  const serviceTier = typeof name === 'string' ? toServiceTier(name.toLowerCase()) : undefined
  return {
    inputTokens,
    outputTokens,
    ...(cached !== undefined && { cachedInputTokens: Math.min(cached, inputTokens) }),
    ...(audioInput > 0 && { audioInputTokens: audioInput }),
    ...(imageInput > 0 && { imageInputTokens: imageInput }),
    ...(thoughts !== undefined && { reasoningTokens: thoughts }),
    ...(audioOutput > 0 && { audioOutputTokens: audioOutput }),
    ...(imageOutput > 0 && { imageOutputTokens: imageOutput }),
    ...(serviceTier !== undefined && { serviceTier }),
  }
}

/** Sums the tokens of a modality in a list of `ModalityTokenCount`. */
function countOf(details: unknown, modality: string): number {
  return listOf(details)
    .filter((each): each is JsonObject => isJsonObject(each) && each.modality === modality)
    .reduce((sum, { tokenCount }) => sum + (toCount(tokenCount) ?? 0), 0)
}

/** Models before Gemini 3 pay for a grounded prompt, later ones for each query. */
const paysByPrompt = /^(models\/)?gemini-(1|2)\b/

/**
 * Counts the searches of a response as Google bills them: each distinct query, or one for a prompt; empty queries do not
 * count. Grounding with Google Maps counts as a search, which costs as much or more.
 * Sources, read on 2026-11-30: https://ai.google.dev/gemini-api/docs/google-search#pricing, …/gemini-api/docs/pricing
 */
export function countSearches({ candidates, modelVersion }: JsonObject): number {
  const queries = new Set<unknown>()
  let usesMaps = false
  for (const candidate of listOf(candidates)) {
    const grounding = isJsonObject(candidate) ? candidate.groundingMetadata : undefined
    if (!isJsonObject(grounding)) continue
    for (const query of listOf(grounding.webSearchQueries)) if (query !== '') queries.add(query)
    usesMaps ||= listOf(grounding.groundingChunks).some((chunk) => isJsonObject(chunk) && chunk.maps !== undefined)
  }
  const searches = queries.size > 0 && paysByPrompt.test(String(modelVersion)) ? 1 : queries.size
  return searches + (usesMaps ? 1 : 0)
}

function toCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
