import { isJsonObject, type JsonObject, toOptionalString } from '../core/json.ts'
import type { ErrorFacts } from '../dialects/dialect.ts'
import { readRetrySeconds } from '../dialects/gemini-format.ts'

/**
 * Reads the error of a provider in any dialect: `{error: {message, code, param}}`, `{error: "…"}`, `{message}`. The
 * status is 502 if neither the response nor the error nor its code tells one.
 */
export function readErrorFacts(body: JsonObject, known: number | undefined): ErrorFacts {
  const inner = body.response
  const holder = isJsonObject(inner) && isJsonObject(inner.error) ? inner : body
  const error = isJsonObject(holder.error) ? holder.error : holder
  const text = [error.message, holder.error, body.detail].find((each) => typeof each === 'string' && each !== '')
  const { message, code } = withKnownWords(toOptionalString(text) ?? '', toOptionalString(error.code) ?? null)
  const status = known ?? [error.code, error.status, body.status].find(isErrorStatus) ?? statusOf(code)
  const param = typeof error.param === 'string' ? { param: error.param } : {}
  const words = message === '' ? `The provider answered ${status}.` : message
  const retryAfterSeconds = readRetrySeconds(error.details)
  return { status, message: words, code, type: typeOf(status), ...param, retryAfterSeconds }
}

/**
 * Clients shorten a conversation when they find these words: Claude Code the message, OpenAI's clients the code.
 * Sources: https://platform.claude.com/docs/en/api/errors, https://platform.openai.com/docs/guides/error-codes
 */
function withKnownWords(message: string, code: string | null): Pick<ErrorFacts, 'message' | 'code'> {
  const isTooLong =
    code === 'context_length_exceeded' ||
    /prompt is too long|maximum context length|exceeds? the (?:model's )?(?:maximum )?context|input token count .* exceeds/i.test(
      message,
    )
  if (!isTooLong) return { message, code }
  const isKnown = /prompt is too long/i.test(message)
  const words = isKnown ? message : ['prompt is too long', message].filter((each) => each !== '').join(': ')
  return { message: words, code: 'context_length_exceeded' }
}

/**
 * The status of an error that has only OpenAI's code, as in a stream. Source: the types of openai 7.57.0, and for
 * `server_is_overloaded` and `slow_down` the clients that retry them.
 */
function statusOf(code: string | null): number {
  if (code === null) return 502
  return statuses.get(code) ?? (/image|policy|data_residency/.test(code) ? 400 : 502)
}

const statuses: ReadonlyMap<string, number> = new Map([
  ['context_length_exceeded', 400],
  ['invalid_prompt', 400],
  ['content_filter', 400],
  ['insufficient_quota', 429],
  ['rate_limit_exceeded', 429],
  ['server_is_overloaded', 503],
  ['slow_down', 503],
  ['vector_store_timeout', 504],
])

/** OpenAI's type of an error. */
function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 429:
      return 'rate_limit_error'
    default:
      return status < 500 ? 'invalid_request_error' : 'server_error'
  }
}

function isErrorStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600
}
