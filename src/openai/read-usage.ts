import { isJsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'

/**
 * Reads a `usage` object of chat completions (`prompt_tokens`, …) or of Responses and audio (`input_tokens`, …).
 * Undefined unless it holds at least one count. Strings, fractions and negative numbers are no counts (R53).
 */
export function readUsage(usage: unknown): Usage | undefined {
  if (!isJsonObject(usage)) return undefined
  const input = readCount(usage.prompt_tokens) ?? readCount(usage.input_tokens)
  const output = readCount(usage.completion_tokens) ?? readCount(usage.output_tokens)
  if (input === undefined && output === undefined) return undefined
  const cached = readDetail(usage, ['prompt_tokens_details', 'input_tokens_details'], 'cached_tokens')
  const reasoning = readDetail(usage, ['completion_tokens_details', 'output_tokens_details'], 'reasoning_tokens')
  return {
    inputTokens: input ?? 0,
    outputTokens: output ?? 0,
    ...(cached !== undefined && { cachedInputTokens: cached }),
    ...(reasoning !== undefined && { reasoningTokens: reasoning }),
  }
}

function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function readDetail(
  usage: Readonly<Record<string, unknown>>,
  groups: readonly string[],
  name: string,
): number | undefined {
  for (const group of groups) {
    const details = usage[group]
    const count = isJsonObject(details) ? readCount(details[name]) : undefined
    if (count !== undefined) return count
  }
  return undefined
}
