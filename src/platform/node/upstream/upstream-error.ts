import { type ErrorCode, GatewayError } from '../../../core/errors.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'upstream_connect_timeout',
  ETIMEDOUT: 'upstream_connect_timeout',
  ENOTFOUND: 'upstream_dns_error',
  EAI_AGAIN: 'upstream_dns_error',
}

const messages: Partial<Readonly<Record<ErrorCode, string>>> = {
  upstream_connect_timeout: 'The provider could not be reached in time.',
  upstream_dns_error: 'The name of the provider’s host does not resolve.',
  upstream_tls_error: 'The provider’s certificate is not valid.',
  upstream_unreachable: 'The provider could not be reached, or closed the connection before it answered.',
}

/** Puts an error of undici or of a socket into Weir's words; addresses and stacks stay in `cause`. */
export function toUpstreamError(error: Error): GatewayError {
  if (error instanceof GatewayError) return error
  const code = toCode(error)
  return new GatewayError(code, messages[code] ?? 'The provider could not be reached.', { cause: error })
}

/** The same for an answer that had begun. */
export function toInterruption(error: Error): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('upstream_interrupted', 'The provider broke off its answer.', { cause: error })
}

function toCode(error: Error): ErrorCode {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) return 'upstream_tls_error'
  return codes[code] ?? 'upstream_unreachable'
}
