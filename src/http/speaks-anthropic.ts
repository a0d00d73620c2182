import type { IncomingRequest } from './incoming-request.ts'

/**
 * True for a client of Anthropic's API, which sends its version with every request.
 * Source: https://platform.claude.com/docs/en/api/versioning
 */
export function speaksAnthropic(incoming: IncomingRequest): boolean {
  return incoming.header('anthropic-version') !== undefined
}
