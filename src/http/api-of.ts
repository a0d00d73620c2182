import type { Api } from '../dialects/operations.ts'
import type { IncomingRequest } from './incoming-request.ts'

/**
 * Returns the API that the client speaks. Anthropic's clients send its version with every request.
 * Source: https://platform.claude.com/docs/en/api/versioning
 */
export function apiOf(incoming: IncomingRequest): Api {
  return incoming.header('anthropic-version') === undefined ? 'openai' : 'anthropic'
}
