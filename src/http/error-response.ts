import { type Answer, toJsonAnswer } from '../core/answer.ts'
import type { ErrorCode, GatewayError } from '../core/errors.ts'
import { toErrorBody } from '../openai/error-body.ts'

/** Headers that tell an SDK whether, and when, to try again: 503 always says when (P07), and what will not mend itself says so (P03). */
const retryHeaders: Partial<Readonly<Record<ErrorCode, Readonly<Record<string, string>>>>> = {
  draining: { 'retry-after': '1', connection: 'close' },
  no_provider_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  storage_not_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  store_unavailable: { 'retry-after': '5' },
  upstream_redirected: { 'x-should-retry': 'false' },
  upstream_tls_error: { 'x-should-retry': 'false' },
}

/** Who reads an error: an OpenAI SDK; a front end of the old proxy, which wants the message at the top too; a GraphQL client. */
export type ErrorReader = 'openai' | 'legacy' | 'graphql'

/** The one place where an error becomes a reply. */
export function toErrorAnswer(error: GatewayError, reader: ErrorReader = 'openai'): Answer {
  return toJsonAnswer(error.status, bodies[reader](error), { ...retryHeaders[error.code], ...error.headers })
}

const bodies: Readonly<Record<ErrorReader, (error: GatewayError) => object>> = {
  openai: toErrorBody,
  legacy: (error) => ({ ...toErrorBody(error), message: error.message }),
  graphql: ({ message, code, status, param }) => ({
    errors: [{ message, extensions: { code, status, ...(param !== undefined && { param }) } }],
  }),
}
