import type { Api } from '../dialects/operations.ts'
import type { IncomingRequest } from './incoming-request.ts'

/**
 * Returns the API that the client speaks. Anthropic's clients send its version with every request; Google's send their
 * key in a header, or call paths below `/v1beta`.
 * Sources: https://platform.claude.com/docs/en/api/versioning, https://ai.google.dev/gemini-api/docs/api-key
 */
export function apiOf(incoming: IncomingRequest): Api {
  if (incoming.header('anthropic-version') !== undefined) return 'anthropic'
  const isGemini = incoming.header('x-goog-api-key') !== undefined || /^[^?]*\/v1beta(?:[/?]|$)/.test(incoming.target)
  return isGemini ? 'gemini' : 'openai'
}
