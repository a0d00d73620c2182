import type { Api } from '../dialects/operations.ts'

type Headers = Readonly<Record<string, string>>

/** Headers without which a server of an API refuses requests. The caller's own win. */
export const requiredHeaders: { readonly [api in Api]: Headers } = {
  openai: {},
  // Source: https://platform.claude.com/docs/en/api/versioning
  anthropic: { 'anthropic-version': '2023-06-01' },
  gemini: {},
}

/** Returns the header with which OpenAI's clients send a key, and those of most vendors for every API. */
export function toBearer(key: string): Headers {
  return { authorization: `Bearer ${key}` }
}

/**
 * Returns the headers that hold a key at a server of which only the API is known. Of Anthropic's, some servers read
 * only `x-api-key` (Anthropic's own) and others only `Authorization` (vLLM, Ollama's cloud, OpenRouter), so a message
 * carries both; the key belongs to that server either way.
 * Sources: https://platform.claude.com/docs/en/api/overview, https://docs.ollama.com/api/anthropic-compatibility,
 * https://docs.vllm.ai/en/stable/serving/integrations/claude_code,
 * https://openrouter.ai/docs/guides/community/anthropic-agent-sdk, read on 2026-11-30.
 */
export function toKeyHeaders(key: string, api: Api): Headers {
  const byApi: { readonly [each in Api]: Headers } = {
    openai: toBearer(key),
    anthropic: { 'x-api-key': key, ...toBearer(key) },
    gemini: { 'x-goog-api-key': key },
  }
  return byApi[api]
}
