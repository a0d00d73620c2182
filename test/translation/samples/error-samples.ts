import { chatCompletions } from '../../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../../src/dialects/dialect.ts'
import { generateContent } from '../../../src/dialects/generate-content.ts'
import { messages } from '../../../src/dialects/messages.ts'
import { responses } from '../../../src/dialects/responses.ts'

// The errors that providers document. Sources, read on 2026-11-30: https://platform.claude.com/docs/en/api/errors,
// https://ai.google.dev/gemini-api/docs/generate-content/api-errors, https://help.openai.com/en/articles/6891839-api-error-codes,
// and for the codes in a stream of Responses the types of openai 7.57.0 and
// https://github.com/openai/codex/blob/main/codex-rs/codex-api/src/sse/responses.rs.

export interface ErrorSample {
  /** Undefined for an error in a stream, whose status is 200. */
  readonly status: number | undefined
  readonly body: object
}

/** The message of an error whose words mean nothing to clients. */
export const ordinary = 'Why.'

const openai = (
  status: number,
  type: string,
  code: string | null,
  message = ordinary,
  param: string | null = null,
) => ({
  status,
  body: { error: { message, type, param, code } },
})

const openaiTooLong =
  'This model’s maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.'

const openaiErrors: readonly ErrorSample[] = [
  openai(400, 'invalid_request_error', 'unsupported_parameter', ordinary, 'temperature'),
  openai(400, 'invalid_request_error', 'context_length_exceeded', openaiTooLong, 'messages'),
  openai(401, 'invalid_request_error', 'invalid_api_key'),
  openai(403, 'request_forbidden', 'unsupported_country_region_territory'),
  openai(404, 'invalid_request_error', 'model_not_found'),
  openai(429, 'requests', 'rate_limit_exceeded'),
  openai(429, 'insufficient_quota', 'insufficient_quota'),
  openai(500, 'server_error', null),
  openai(503, 'server_error', 'server_is_overloaded'),
]

const claude = (status: number | undefined, type: string, message = ordinary) => ({
  status,
  body: { type: 'error', error: { type, message }, request_id: 'req_1' },
})

const google = (status: number, name: string, message = ordinary) => ({
  status,
  body: { error: { code: status, message, status: name } },
})

const failed = (code: string, message = ordinary) => ({
  status: undefined,
  body: { type: 'response.failed', response: { id: 'resp_1', status: 'failed', error: { code, message }, output: [] } },
})

export const errorSamples: ReadonlyMap<Dialect, readonly ErrorSample[]> = new Map<Dialect, readonly ErrorSample[]>([
  [chatCompletions, [...openaiErrors, { ...openai(500, 'server_error', null), status: undefined }]],
  [
    messages,
    [
      claude(400, 'invalid_request_error'),
      claude(400, 'invalid_request_error', 'prompt is too long: 300000 tokens > 200000 maximum'),
      claude(401, 'authentication_error'),
      claude(402, 'billing_error'),
      claude(403, 'permission_error'),
      claude(404, 'not_found_error'),
      claude(409, 'conflict_error'),
      claude(413, 'request_too_large'),
      claude(429, 'rate_limit_error'),
      claude(500, 'api_error'),
      claude(504, 'timeout_error'),
      claude(529, 'overloaded_error'),
      claude(undefined, 'invalid_request_error', 'prompt is too long: 300000 tokens > 200000 maximum'),
      claude(undefined, 'rate_limit_error'),
      claude(undefined, 'api_error'),
      claude(undefined, 'overloaded_error'),
    ],
  ],
  [
    generateContent,
    [
      google(400, 'INVALID_ARGUMENT'),
      google(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      ),
      google(400, 'FAILED_PRECONDITION'),
      google(402, 'RESOURCE_EXHAUSTED'),
      google(403, 'PERMISSION_DENIED'),
      google(404, 'NOT_FOUND'),
      google(429, 'RESOURCE_EXHAUSTED'),
      google(499, 'CANCELLED'),
      google(500, 'INTERNAL'),
      google(503, 'UNAVAILABLE'),
      google(504, 'DEADLINE_EXCEEDED'),
      { ...google(429, 'RESOURCE_EXHAUSTED'), status: undefined },
      { ...google(503, 'UNAVAILABLE'), status: undefined },
    ],
  ],
  [
    responses,
    [
      ...openaiErrors,
      failed('context_length_exceeded', 'Your input exceeds the context window of this model.'),
      failed('rate_limit_exceeded'),
      failed('insufficient_quota'),
      failed('invalid_prompt'),
      failed('server_error'),
      failed('server_is_overloaded'),
    ],
  ],
])
