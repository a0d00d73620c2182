import type { DemoReply } from '../demo-call.ts'

interface ErrorDetails {
  readonly message?: string
  readonly code?: string
  readonly param?: string | undefined
}

interface KnownError {
  readonly type: string
  readonly code: string | null
  readonly message: string
}

/** What OpenAI answers; the rest of the statuses are told from their hundred. */
const knownErrors: Readonly<Record<number, KnownError>> = {
  401: { type: 'invalid_request_error', code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  403: { type: 'permission_error', code: 'permission_denied', message: 'This key may not do that.' },
  404: { type: 'invalid_request_error', code: 'model_not_found', message: 'The model does not exist.' },
  429: { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached. Please try again in 1s.' },
  503: { type: 'server_error', code: 'service_unavailable', message: 'The engine is currently overloaded.' },
}

/** The headers that come with OpenAI's 429. */
const rateLimitHeaders = {
  'retry-after': '1',
  'x-ratelimit-limit-requests': '60',
  'x-ratelimit-remaining-requests': '0',
  'x-ratelimit-reset-requests': '1s',
  'x-ratelimit-limit-tokens': '10000',
  'x-ratelimit-remaining-tokens': '9000',
  'x-ratelimit-reset-tokens': '6s',
}

/** OpenAI's error body. Without details it is one that the caller asked for by the model's name. */
export function toErrorReply(status: number, details: ErrorDetails = {}): DemoReply {
  const known = knownErrors[status] ?? {
    type: status >= 500 ? 'server_error' : 'invalid_request_error',
    code: null,
    message: status >= 500 ? 'The server had an error while processing your request.' : 'The request was refused.',
  }
  const error = {
    message: details.message ?? `${known.message} (Weir demo: this error was asked for by the name of the model.)`,
    type: known.type,
    param: details.param ?? null,
    code: details.code ?? known.code,
  }
  const headers = { 'content-type': 'application/json', ...(status === 429 ? rateLimitHeaders : {}) }
  return { status, headers, frames: [{ data: JSON.stringify({ error }), rests: false }] }
}
