/** One row of the table: the HTTP status, OpenAI's error type, and what the reader can do about it (printed in docs/errors.md). */
interface ErrorRow {
  readonly status: number
  readonly type: string
  readonly meaning: string
}

/**
 * Every error that Weir itself can answer with. An error of the upstream is passed on as it came and is not listed here.
 * Types are OpenAI's: https://platform.openai.com/docs/guides/error-codes
 */
export const errorTable = {
  invalid_json: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'The body is not JSON. The message names line and column.',
  },
  invalid_form: {
    status: 400,
    type: 'invalid_request_error',
    meaning:
      'The multipart form is malformed, cut short, or in a shape that servers read differently. The message says what to send.',
  },
  invalid_value: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'A field has a wrong type or value. `param` names it.',
  },
  missing_required_parameter: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'A field that the endpoint needs is missing. `param` names it.',
  },
  json_too_deep: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'The body nests deeper than `limits.json_depth`.',
  },
  json_too_large: {
    status: 400,
    type: 'invalid_request_error',
    meaning:
      'The body is more than can be read at once: over 400,000 values, where a name counts as four more, and eight escapes or 64 characters that are in no long text as one.',
  },
  header_not_allowed: {
    status: 400,
    type: 'invalid_request_error',
    meaning:
      'A header is present that this server does not accept, such as `x-openai-key` where bring-your-own-key is off.',
  },
  credential_in_url: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'A key was put into the URL, where logs keep it. Send it as `Authorization: Bearer …`.',
  },
  query_too_complex: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'A GraphQL request is too deep, too long, or asks for too much at once. The message names the limit.',
  },
  bad_request: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'The HTTP request itself is malformed or ambiguous.',
  },
  invalid_api_key: {
    status: 401,
    type: 'authentication_error',
    meaning: 'No key, or one that is unknown, disabled or expired. Send it as `Authorization: Bearer …`.',
  },
  invalid_admin_secret: {
    status: 401,
    type: 'authentication_error',
    meaning:
      'No admin secret, or another one. Send ADMIN_TOKEN as `Authorization: Bearer …`; TOKEN and the keys of callers do not open the admin API.',
  },
  access_not_configured: {
    status: 401,
    type: 'authentication_error',
    meaning: 'The operator has set neither TOKEN nor ALLOW_ANONYMOUS, so only loopback is served.',
  },
  origin_not_allowed: {
    status: 403,
    type: 'permission_error',
    meaning: 'The page that sent this call is not on the list of allowed origins, of the server or of the key.',
  },
  permission_denied: {
    status: 403,
    type: 'permission_error',
    meaning: 'This caller may not do that. Anonymous callers cannot list sessions, since all of them are one caller.',
  },
  model_not_allowed: {
    status: 403,
    type: 'permission_error',
    meaning: 'The key is bound to other models. The message names them.',
  },
  operation_not_allowed: {
    status: 403,
    type: 'permission_error',
    meaning: 'The key is bound to other endpoints. The message names them.',
  },
  address_not_allowed: {
    status: 403,
    type: 'permission_error',
    meaning: 'The key is bound to the addresses of another network.',
  },
  model_unpriced: {
    status: 400,
    type: 'invalid_request_error',
    meaning:
      'Nobody knows what the model costs, and `metering.unpriced` refuses such calls. `prices` can name a price.',
  },
  model_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'No configured provider has this model. The message names the nearest ones.',
  },
  session_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'There is no such session, or it is somebody else’s.',
  },
  key_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'There is no virtual key with this id.',
  },
  generation_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'No call of this key has this id, or it is not over yet, or its record was deleted.',
  },
  record_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'No record has this id: its call is not over yet, or it is older than the retention.',
  },
  not_found: { status: 404, type: 'invalid_request_error', meaning: 'There is no such endpoint here.' },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    meaning: 'The endpoint exists; the method is wrong. `Allow` lists the right ones.',
  },
  request_timeout: { status: 408, type: 'invalid_request_error', meaning: 'The body did not arrive in time.' },
  idempotency_in_progress: {
    status: 409,
    type: 'invalid_request_error',
    meaning: 'The first call with this `Idempotency-Key` is still running. `Retry-After` says when to ask again.',
  },
  idempotency_unknown: {
    status: 409,
    type: 'invalid_request_error',
    meaning:
      'The first call with this `Idempotency-Key` was sent, and its answer is not known here: the server stopped meanwhile, or the answer was too long to be kept. It is not made again.',
  },
  body_too_large: {
    status: 413,
    type: 'invalid_request_error',
    meaning: 'The body is over `limits.body_bytes` (or `limits.media_body_bytes` for audio and images).',
  },
  unsupported_media_type: {
    status: 415,
    type: 'invalid_request_error',
    meaning: 'The endpoint takes another content type, or no content encoding.',
  },
  idempotency_mismatch: {
    status: 422,
    type: 'invalid_request_error',
    meaning: 'The `Idempotency-Key` was used for another endpoint or body before. Use a new one for each call.',
  },
  too_many_attempts: {
    status: 429,
    type: 'rate_limit_error',
    meaning:
      'A wrong admin secret, after many others from this address or from all. The right one is taken at any time.',
  },
  rate_limit_exceeded: {
    status: 429,
    type: 'rate_limit_error',
    meaning: 'A limit of requests, tokens or concurrency is reached. `Retry-After` says when to come again.',
  },
  insufficient_quota: {
    status: 429,
    type: 'insufficient_quota',
    meaning: 'A budget is used up, or the call could cost more than one call may. Trying again soon is no use.',
  },
  headers_too_large: {
    status: 431,
    type: 'invalid_request_error',
    meaning: 'More than 100 headers, or more than 16 KiB of them.',
  },
  internal: {
    status: 500,
    type: 'server_error',
    meaning: 'A defect in Weir. The log line with this request id has the cause.',
  },
  operation_not_supported: {
    status: 501,
    type: 'invalid_request_error',
    meaning: 'The provider of this model has no such endpoint.',
  },
  upstream_unreachable: {
    status: 502,
    type: 'upstream_error',
    meaning: 'No connection to the provider, or it broke before an answer came.',
  },
  upstream_dns_error: {
    status: 502,
    type: 'upstream_error',
    meaning: 'The name of the provider’s host does not resolve.',
  },
  upstream_tls_error: {
    status: 502,
    type: 'upstream_error',
    meaning: 'The provider’s certificate is not valid for its host.',
  },
  upstream_auth_failed: {
    status: 502,
    type: 'upstream_error',
    meaning:
      'The provider does not accept the key that this server holds for it. Its operator replaces the key; the log has the provider’s words.',
  },
  upstream_redirected: {
    status: 502,
    type: 'upstream_error',
    meaning:
      'The provider answered with a redirect. Weir follows none, since a key must not travel. Correct the base URL.',
  },
  upstream_invalid_answer: {
    status: 502,
    type: 'upstream_error',
    meaning:
      'The provider answered with something that is not an answer, or repeated a secret of this server in a stream.',
  },
  upstream_answer_too_large: {
    status: 502,
    type: 'upstream_error',
    meaning: 'The provider’s answer, or one event of it, is over the limit.',
  },
  upstream_interrupted: {
    status: 502,
    type: 'upstream_error',
    meaning: 'The provider’s stream ended before it was complete.',
  },
  no_provider_configured: {
    status: 503,
    type: 'server_error',
    meaning: 'No provider is configured. The message names the variable to set.',
  },
  overloaded: {
    status: 503,
    type: 'server_error',
    meaning:
      'This server holds as many bytes of other calls as it may (`server.max_buffered_bytes`). Send the call again.',
  },
  draining: {
    status: 503,
    type: 'server_error',
    meaning: 'This server is shutting down. Try again; another one answers.',
  },
  storage_not_configured: {
    status: 503,
    type: 'server_error',
    meaning:
      'This server keeps nothing, so it has no sessions. Its operator names a folder in STORAGE_PATH (Node), or binds a D1 database as DB (Workers).',
  },
  admin_not_configured: {
    status: 503,
    type: 'server_error',
    meaning: 'This server has no admin secret, so nobody can administer it over HTTP. Its operator sets ADMIN_TOKEN.',
  },
  store_unavailable: {
    status: 503,
    type: 'server_error',
    meaning:
      'The store of keys, sessions or images cannot be read or written, for example because the disk is full. The log has the cause.',
  },
  plan_quota_exceeded: {
    status: 503,
    type: 'server_error',
    meaning:
      'A daily quota of the operator’s Cloudflare plan is used up. `Retry-After` says when it starts anew: at 00:00 UTC.',
  },
  upstream_connect_timeout: { status: 504, type: 'upstream_error', meaning: '`timeouts.connect_ms` ran out.' },
  upstream_first_byte_timeout: {
    status: 504,
    type: 'upstream_error',
    meaning: '`timeouts.first_byte_ms` ran out: the provider took the call and stayed silent.',
  },
  upstream_idle_timeout: {
    status: 504,
    type: 'upstream_error',
    meaning: '`timeouts.idle_ms` ran out between two events that carry content.',
  },
  upstream_total_timeout: { status: 504, type: 'upstream_error', meaning: '`timeouts.total_ms` ran out.' },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errorTable

export interface GatewayErrorOptions {
  /** The request field at fault, as the caller wrote it. */
  readonly param?: string
  /** Extra answer headers, such as `allow` and `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** The one class of error that Weir throws on purpose. The message is shown to the caller, so it says what to do and holds no secret. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly param: string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.param = options.param
    this.headers = options.headers ?? {}
  }

  get status(): number {
    return errorTable[this.code].status
  }

  get type(): string {
    return errorTable[this.code].type
  }
}

/** Any other error becomes `internal`: nothing of its message reaches the caller. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('internal', 'Something went wrong inside the gateway. The request id is in the log.', {
    cause: error,
  })
}

const storeFailures: ReadonlySet<string> = new Set<ErrorCode>(['store_unavailable', 'plan_quota_exceeded'])

/** True where a store cannot do its work at the moment. */
export function isStoreFailure(error: unknown): boolean {
  return error instanceof GatewayError && storeFailures.has(error.code)
}

/** True for a defect and for a failing store: a caller can do nothing about them, and their cause is for the log. */
export function isForOperator(error: GatewayError): boolean {
  return error.code === 'internal' || isStoreFailure(error)
}
