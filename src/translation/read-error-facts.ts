import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { ErrorFacts } from '../dialects/dialect.ts'
import { readRetrySeconds } from '../dialects/gemini-format.ts'

/**
 * Reads the error of a provider in any dialect: `{error: {message, code, param}}`, `{error: "…"}`, `{message}`. The
 * status is 502 if neither the response nor the error has one.
 */
export function readErrorFacts(body: JsonObject, known: number | undefined): ErrorFacts {
  const inner = body.response
  const holder = isJsonObject(inner) && isJsonObject(inner.error) ? inner : body
  const error = isJsonObject(holder.error) ? holder.error : holder
  const status = known ?? [error.code, error.status, body.status].find(isErrorStatus) ?? 502
  const message = [error.message, holder.error, body.detail].find((each) => typeof each === 'string' && each !== '')
  const code = typeof error.code === 'string' ? error.code : null
  const text = typeof message === 'string' ? message : `The provider answered ${status}.`
  const param = typeof error.param === 'string' ? { param: error.param } : {}
  const retryAfterSeconds = readRetrySeconds(error.details)
  return { status, ...withKnownWords(text, code), type: typeOf(status), ...param, retryAfterSeconds }
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
  const words = /prompt is too long/i.test(message) ? message : `prompt is too long: ${message}`
  return { message: words, code: 'context_length_exceeded' }
}

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
