/** One row of the table. docs/errors.md prints `meaning`; the admin API uses its first sentence as a title. */
interface ErrorRow {
  readonly status: number
  readonly type: string
  readonly meaning: string
}

/**
 * Every error that Weir itself returns. Errors of an upstream pass through unchanged and are not listed here.
 * Types are OpenAI's: https://platform.openai.com/docs/guides/error-codes
 */
export const errorTable = {
  invalid_json: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'The body is not valid JSON. The message gives the line and column of the error.',
  },
  invalid_form: {
    status: 400,
    type: 'invalid_request_error',
    meaning:
      'The multipart form is malformed, truncated, or ambiguous because servers parse it differently. Send the form as the message describes.',
  },
  invalid_value: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'A field has the wrong type or value. `param` names the field.',
  },
  missing_required_parameter: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'A required field is missing. `param` names the field.',
  },
  json_too_deep: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'The body nests more than `limits.json_depth` levels deep. Send a flatter body.',
  },
  json_too_large: {
    status: 400,
    type: 'invalid_request_error',
    meaning:
      'The body has more than 400,000 JSON values. A member name counts as four further values; eight escapes, or 32 characters outside of long strings, count as one. Send a smaller body.',
  },
  header_not_allowed: {
    status: 400,
    type: 'invalid_request_error',
    meaning:
      'The request has a header that this server does not accept, such as `x-openai-key` when bring-your-own-key is off. Remove the header.',
  },
  credential_in_url: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'The URL contains a key, and logs store URLs. Send the key as `Authorization: Bearer …`.',
  },
  query_too_complex: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'The GraphQL query is too deep, too long or requests too much at once. The message names the limit.',
  },
  bad_request: {
    status: 400,
    type: 'invalid_request_error',
    meaning: 'The HTTP request is malformed or ambiguous.',
  },
  invalid_api_key: {
    status: 401,
    type: 'authentication_error',
    meaning: 'The key is missing, unknown, disabled or expired. Send a valid key as `Authorization: Bearer …`.',
  },
  credential_required: {
    status: 401,
    type: 'authentication_error',
    meaning:
      'The provider takes the caller’s own credential (`caller_credentials: pass`), and the request has none beside the key of Weir. Send the key of Weir in `x-weir-key`, and the credential in the header that the message names.',
  },
  invalid_admin_secret: {
    status: 401,
    type: 'authentication_error',
    meaning:
      'The admin secret is missing or wrong. Send ADMIN_TOKEN as `Authorization: Bearer …`; TOKEN and virtual keys do not give access to the admin API.',
  },
  token_expired: {
    status: 401,
    type: 'authentication_error',
    meaning:
      'The user token has expired, or is not valid yet. Request a new one; `/client.js` does so by itself. If it is new, compare the clocks of this server and of the issuer.',
  },
  token_revoked: {
    status: 401,
    type: 'authentication_error',
    meaning:
      'The user token was revoked, or the key that it acts for is disabled, deleted or expired. Request a new one, or sign in again.',
  },
  token_not_for_this_server: {
    status: 401,
    type: 'authentication_error',
    meaning:
      'The token is genuine and meant for another app, or lacks a claim that this server needs. The message names the claim.',
  },
  proof_required: {
    status: 401,
    type: 'authentication_error',
    meaning:
      'The user token is bound to a key of the page. Send a proof of the key in the header `DPoP` (RFC 9449), a new one with each request.',
  },
  invalid_session: {
    status: 401,
    type: 'authentication_error',
    meaning: 'The sign-in to the admin API has ended, or it never existed. Sign in again.',
  },
  login_failed: {
    status: 401,
    type: 'authentication_error',
    meaning:
      'The sign-in at the OpenID provider failed, was started in another browser, or took too long. Start it again; the audit log shows the cause.',
  },
  access_not_configured: {
    status: 401,
    type: 'authentication_error',
    meaning:
      'The server accepts only loopback requests, because neither TOKEN nor ALLOW_ANONYMOUS is set. Set one of them.',
  },
  origin_not_allowed: {
    status: 403,
    type: 'permission_error',
    meaning: 'The web page that sent this request is not among the allowed origins of the server or of the key.',
  },
  permission_denied: {
    status: 403,
    type: 'permission_error',
    meaning:
      'This caller lacks the permission. For example, anonymous callers cannot list sessions, because they share one identity.',
  },
  challenge_required: {
    status: 403,
    type: 'permission_error',
    meaning:
      'The visitor must solve the challenge of the page first. Render the widget with the `site_key` of the error, and send its answer as `challenge`.',
  },
  challenge_failed: {
    status: 403,
    type: 'permission_error',
    meaning: 'The answer to the challenge is wrong, expired or used. Let the visitor solve it again.',
  },
  visitors_not_allowed: {
    status: 403,
    type: 'permission_error',
    meaning: 'This server admits no anonymous visitors. The operator can admit them with `visitors.origins`.',
  },
  https_required: {
    status: 403,
    type: 'permission_error',
    meaning:
      'Signing in sets a cookie, which is safe only over https or on this machine. Open the server by its https address.',
  },
  model_not_allowed: {
    status: 403,
    type: 'permission_error',
    meaning:
      'The key does not allow this model, or a field lets the provider choose another. The message says what to send.',
  },
  operation_not_allowed: {
    status: 403,
    type: 'permission_error',
    meaning: 'The key does not allow this endpoint. Use one of the endpoints that the message lists.',
  },
  address_not_allowed: {
    status: 403,
    type: 'permission_error',
    meaning: 'The key does not allow this client address. Send the request from an allowed network.',
  },
  model_unpriced: {
    status: 400,
    type: 'invalid_request_error',
    meaning:
      'The price of this model is unknown, and `metering.unpriced` rejects such requests. Set a price under `prices`.',
  },
  model_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'No configured provider has this model. The message suggests similar names.',
  },
  no_matching_provider: {
    status: 404,
    type: 'invalid_request_error',
    meaning:
      'The caller’s `provider` excludes every provider of its models. The message names each with the reason. Widen `only`, `ignore`, `order` or `max_price`.',
  },
  previous_response_not_found: {
    status: 400,
    type: 'invalid_request_error',
    meaning:
      '`previous_response_id` names a response that the caller’s key did not create, or that its provider does not keep. Send the whole conversation as `input`.',
  },
  response_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning:
      'The caller’s key created no such response, or the provider does not keep it: after 30 days, after `store: false`, and for a model of a provider that does not speak Responses. Keep the response when it arrives.',
  },
  session_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'The session does not exist, or it belongs to another caller.',
  },
  key_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'No virtual key has this id.',
  },
  generation_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'No call of this key has this id, the call is still running, or its record was deleted.',
  },
  record_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'No record has this id: the call is still running, or its record is past the retention period.',
  },
  person_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'No person has this id.',
  },
  link_not_found: {
    status: 404,
    type: 'invalid_request_error',
    meaning: 'The link is unknown, has expired, was withdrawn, or its key was deleted. Ask for another one.',
  },
  not_found: { status: 404, type: 'invalid_request_error', meaning: 'This endpoint does not exist.' },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    meaning: 'The endpoint does not support this method. `Allow` lists the supported methods.',
  },
  request_timeout: { status: 408, type: 'invalid_request_error', meaning: 'The request did not arrive in time.' },
  idempotency_in_progress: {
    status: 409,
    type: 'invalid_request_error',
    meaning: 'The first call with this `Idempotency-Key` is still running. Retry after the seconds in `Retry-After`.',
  },
  idempotency_unknown: {
    status: 409,
    type: 'invalid_request_error',
    meaning:
      'The first call with this `Idempotency-Key` was sent, but its response is not available: the server stopped meanwhile, or the response was too long to store. Weir does not send the call a second time.',
  },
  last_owner: {
    status: 409,
    type: 'invalid_request_error',
    meaning: 'The change would leave the server without an owner. Make another person an owner first.',
  },
  link_used: {
    status: 410,
    type: 'invalid_request_error',
    meaning: 'The link was already used: its secret was shown once. If you did not use it, tell its author at once.',
  },
  body_too_large: {
    status: 413,
    type: 'invalid_request_error',
    meaning:
      'The body is larger than `limits.body_bytes` allows, or `limits.media_body_bytes` for audio and images. Send a smaller body.',
  },
  unsupported_media_type: {
    status: 415,
    type: 'invalid_request_error',
    meaning: 'The endpoint does not accept this content type or content encoding. The message says what to send.',
  },
  websocket_not_supported: {
    status: 426,
    type: 'invalid_request_error',
    meaning:
      'The server does not serve WebSocket. Send the request over HTTP; clients such as Codex then do so themselves.',
  },
  idempotency_mismatch: {
    status: 422,
    type: 'invalid_request_error',
    meaning: 'The `Idempotency-Key` was already used with another endpoint or body. Send a new key with each call.',
  },
  too_many_attempts: {
    status: 429,
    type: 'rate_limit_error',
    meaning:
      'Too many attempts failed: with a wrong admin secret from this address or from all addresses, or from this address to sign in or to claim a link. The right admin secret is always accepted.',
  },
  rate_limit_exceeded: {
    status: 429,
    type: 'rate_limit_error',
    meaning: 'A limit on requests, tokens or concurrency is reached. Retry after the seconds in `Retry-After`.',
  },
  route_limited: {
    status: 429,
    type: 'rate_limit_error',
    meaning:
      'Every target of the route has reached a rate limit of its provider. Retry after the seconds in `Retry-After`.',
  },
  insufficient_quota: {
    status: 429,
    type: 'insufficient_quota',
    meaning:
      'A budget is used up, or the call could cost more than the maximum for one call. Retrying soon does not help.',
  },
  headers_too_large: {
    status: 431,
    type: 'invalid_request_error',
    meaning: 'The request has more than 100 headers, or more than 16 KiB of headers.',
  },
  internal: {
    status: 500,
    type: 'server_error',
    meaning: 'A defect in Weir. The log line with this request id shows the cause.',
  },
  field_not_translatable: {
    status: 400,
    type: 'invalid_request_error',
    meaning:
      'The provider of this model has another API, which has no equivalent of the field. The message says what to send instead; a model whose provider speaks your client’s API accepts the field.',
  },
  operation_not_supported: {
    status: 501,
    type: 'invalid_request_error',
    meaning: 'The provider of this model does not support this endpoint.',
  },
  upstream_unreachable: {
    status: 502,
    type: 'upstream_error',
    meaning: 'Weir could not connect to the provider, or the connection broke before a response arrived.',
  },
  upstream_dns_error: {
    status: 502,
    type: 'upstream_error',
    meaning: 'The host name of the provider does not resolve.',
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
      'The provider rejected the API key that this server sends. The operator must replace the key; the log shows the provider’s message.',
  },
  upstream_redirected: {
    status: 502,
    type: 'upstream_error',
    meaning:
      'The provider responded with a redirect. Weir does not follow redirects, because they could send the key to another host. Correct the base URL.',
  },
  upstream_invalid_answer: {
    status: 502,
    type: 'upstream_error',
    meaning: 'The provider sent an invalid response, or its stream repeated a secret of this server.',
  },
  upstream_empty_answer: {
    status: 502,
    type: 'upstream_error',
    meaning: 'The provider sent a reply without content, and no other target of the route could take the call.',
  },
  upstream_refused_reply: {
    status: 400,
    type: 'upstream_error',
    meaning:
      'The content policy of the provider refused the reply, and no other target of the route could take the call.',
  },
  upstream_answer_too_large: {
    status: 502,
    type: 'upstream_error',
    meaning: 'The provider’s response, or one event of its stream, exceeds the size limit.',
  },
  upstream_interrupted: {
    status: 502,
    type: 'upstream_error',
    meaning: 'The provider’s stream ended before it was complete.',
  },
  route_without_target: {
    status: 503,
    type: 'server_error',
    meaning:
      'The conditions of the route’s targets exclude this call, or none of its providers serves the operation. The message says which.',
  },
  route_failed: {
    status: 502,
    type: 'upstream_error',
    meaning: 'Every target of the route failed. The message names each with its failure.',
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
      'The server’s memory for concurrent requests (`server.max_buffered_bytes`) is full. Send the request again.',
  },
  draining: {
    status: 503,
    type: 'server_error',
    meaning: 'This server is shutting down. Send the request again; another server handles it.',
  },
  issuer_unavailable: {
    status: 503,
    type: 'server_error',
    meaning:
      'The OpenID issuer of a login, or the provider of a sign-in, cannot be used now. Send the request again after the seconds in `Retry-After`; the log names the cause.',
  },
  storage_not_configured: {
    status: 503,
    type: 'server_error',
    meaning:
      'This server has no storage, which sessions, keys, user tokens and people need. The operator sets STORAGE_PATH to a folder (Node), or binds a D1 database as DB (Workers).',
  },
  client_tokens_not_configured: {
    status: 503,
    type: 'server_error',
    meaning:
      'This server has no secret that signs user tokens. The operator sets CLIENT_TOKEN_SECRETS to the output of `openssl rand -hex 32`.',
  },
  challenge_unavailable: {
    status: 503,
    type: 'server_error',
    meaning:
      'The service that checks challenges did not respond, or refused this server. Send the request again; the log names the cause.',
  },
  admin_not_configured: {
    status: 503,
    type: 'server_error',
    meaning: 'The admin API is off, because this server has no admin secret. The operator sets ADMIN_TOKEN.',
  },
  store_unavailable: {
    status: 503,
    type: 'server_error',
    meaning:
      'The store of keys, sessions or images cannot be read or written, for example because the disk is full. The log shows the cause.',
  },
  plan_quota_exceeded: {
    status: 503,
    type: 'server_error',
    meaning:
      'A daily quota of the operator’s Cloudflare plan is used up. It resets at 00:00 UTC; `Retry-After` gives the seconds until then.',
  },
  upstream_connect_timeout: {
    status: 504,
    type: 'upstream_error',
    meaning: 'Weir could not connect to the provider within `timeouts.connect_ms` milliseconds.',
  },
  upstream_first_byte_timeout: {
    status: 504,
    type: 'upstream_error',
    meaning: 'The provider accepted the request and sent no response within `timeouts.first_byte_ms` milliseconds.',
  },
  upstream_idle_timeout: {
    status: 504,
    type: 'upstream_error',
    meaning: 'The provider’s stream sent no event with content for `timeouts.idle_ms` milliseconds.',
  },
  upstream_total_timeout: {
    status: 504,
    type: 'upstream_error',
    meaning: 'The call took longer than `timeouts.total_ms` milliseconds.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errorTable

export interface GatewayErrorOptions {
  /** The invalid request field, as the caller wrote it. */
  readonly param?: string
  /** Extra response headers, such as `allow` and `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Which of several cases with one message it was. Only the log shows it. */
  readonly reason?: string | undefined
  readonly cause?: unknown
  /** Further members of the error object in the response. */
  readonly details?: Readonly<Record<string, string>>
}

/** The error class that Weir throws on purpose. Callers see the message: it says what to do and has no secret. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly param: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly reason: string | undefined
  readonly details: Readonly<Record<string, string>> | undefined

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.param = options.param
    this.headers = options.headers ?? {}
    this.reason = options.reason
    this.details = options.details
  }

  get status(): number {
    return errorTable[this.code].status
  }

  /** Returns the same error with further response headers. */
  withHeaders(headers: Readonly<Record<string, string>>): GatewayError {
    const { code, message, param, reason, details, cause } = this
    return new GatewayError(code, message, {
      headers: { ...this.headers, ...headers },
      reason,
      cause,
      ...(param !== undefined && { param }),
      ...(details !== undefined && { details }),
    })
  }

  get type(): string {
    return errorTable[this.code].type
  }
}

/** The reason of an `upstream_unreachable` whose request has not been sent: it can be repeated. */
export const notSentReason = 'not_sent'

/** Converts any other error to `internal`, because its message must not reach the caller. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('internal', 'Something went wrong inside the gateway. The request id is in the log.', {
    cause: error,
  })
}

const storeFailures: ReadonlySet<string> = new Set<ErrorCode>(['store_unavailable', 'plan_quota_exceeded'])

/** True if a store is temporarily unavailable. */
export function isStoreFailure(error: unknown): boolean {
  return error instanceof GatewayError && storeFailures.has(error.code)
}

const operatorErrors: ReadonlySet<string> = new Set<ErrorCode>([
  'internal',
  'issuer_unavailable',
  'challenge_unavailable',
])

/**
 * True for a defect, and for a store, an OpenID provider or the service of a challenge that fails: only the operator can
 * fix them, and their cause belongs in the log.
 */
export function isForOperator(error: GatewayError): boolean {
  return operatorErrors.has(error.code) || isStoreFailure(error)
}
