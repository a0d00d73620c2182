import { GraphQLError } from 'graphql'
import { type GatewayError, toGatewayError } from '../core/errors.ts'

/**
 * An error as its reader sees it. GraphQL's own and Weir's keep their message; a stranger's is hidden, and travels along below
 * `originalError` for the log.
 */
export function toPublicError(error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError)) return refuseRequest(toGatewayError(error))
  const { originalError } = error
  if (originalError === undefined || originalError === null || originalError instanceof GraphQLError) return error
  return fromGatewayError(toGatewayError(originalError), error)
}

/** Where nothing was executed the HTTP status tells, whatever the caller accepts; otherwise the specification decides. */
function refuseRequest(error: GatewayError): GraphQLError {
  const refused = fromGatewayError(error)
  refused.extensions.http = { status: error.status, headers: error.headers }
  return refused
}

function fromGatewayError(error: GatewayError, place?: GraphQLError): GraphQLError {
  const { message, code, status, param } = error
  return new GraphQLError(message, {
    nodes: place?.nodes,
    path: place?.path,
    extensions: { code, status, ...(param !== undefined && { param }) },
    originalError: error,
  })
}
