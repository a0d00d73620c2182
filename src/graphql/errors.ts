import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type ErrorCode, errorTable, GatewayError, isForOperator, toGatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'

/** Told of each error that is no fault of the caller's or of a provider's. */
export interface DefectReport {
  onDefect(error: GatewayError): void
}

/** Gives every error a status, and tells the log the causes that its reader does not see. */
export function createErrorsPlugin(): Plugin<object, DefectReport> {
  return {
    onResultProcess({ result, serverContext }) {
      if (Array.isArray(result) || !('errors' in result) || result.errors === undefined) return
      for (const error of result.errors) {
        if (error instanceof GraphQLError) complete(error, 'data' in result)
        const { originalError } = error
        if (originalError instanceof GatewayError && isForOperator(originalError)) serverContext.onDefect(originalError)
      }
    },
  }
}

/**
 * Where there are no data, clients that accept GraphQL's own media type are told by the HTTP status too; `spec` leaves others their 200.
 * Only variables that do not fit come without a code.
 */
function complete({ extensions }: GraphQLError, hasData: boolean): void {
  const { code, http } = extensions
  const status = Number(extensions.status ?? http?.status ?? 400)
  extensions.status = status
  extensions.code = code ?? 'invalid_value'
  if (!hasData && (http === undefined || code === undefined)) extensions.http = { status, spec: true }
}

/**
 * An error as its reader sees it. GraphQL's own and Weir's keep their message; a stranger's is hidden, and travels along below
 * `originalError` for the log.
 */
export function toPublicError(error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError)) {
    const known = toGatewayError(error)
    const refused = fromGatewayError(known)
    // Where nothing was executed the HTTP status tells, whatever the caller accepts; otherwise the specification decides.
    refused.extensions.http = { status: known.status, headers: known.headers }
    return refused
  }
  const { originalError } = error
  if (originalError === undefined || originalError === null || originalError instanceof GraphQLError) return error
  return fromGatewayError(toGatewayError(originalError), error)
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

/**
 * A provider's refusal as an entry of `errors`: its message, code and status. In a stream, which has begun with 200, only the code tells
 * the status.
 */
export function toUpstreamError(body: JsonObject | undefined, status: number | undefined): GraphQLError {
  const error = isJsonObject(body?.error) ? body.error : { message: body?.error ?? body?.message ?? body?.detail }
  const { message, code, type } = error as JsonObject
  const name = [code, type].find((text) => typeof text === 'string' && text !== '') ?? 'upstream_error'
  const known = typeof name === 'string' && isErrorCode(name) ? errorTable[name].status : 502
  return new GraphQLError(typeof message === 'string' ? message : `The provider answered ${status ?? known}.`, {
    extensions: { code: name, status: status ?? known },
  })
}

function isErrorCode(name: string): name is ErrorCode {
  return Object.hasOwn(errorTable, name)
}
