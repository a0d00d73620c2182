import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type ErrorCode, errorTable, GatewayError, isForOperator, toGatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'

/** Receives errors that neither the caller nor a provider has caused. */
export interface DefectReport {
  onDefect(error: GatewayError): void
}

/** Adds a status to every error, and reports hidden causes to the log. */
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
 * Completes an error. A response without data also gets an HTTP status for clients that accept GraphQL's media type;
 * `spec` keeps 200 for others. Only an error of invalid variables has no code yet.
 */
function complete({ extensions }: GraphQLError, hasData: boolean): void {
  const { code, http } = extensions
  const status = Number(extensions.status ?? http?.status ?? 400)
  extensions.status = status
  extensions.code = code ?? 'invalid_value'
  if (!hasData && (http === undefined || code === undefined)) extensions.http = { status, spec: true }
}

/**
 * Converts an error to its public form. Errors of GraphQL and Weir keep their message; the message of any other error
 * is hidden, and the error stays in `originalError` for the log.
 */
export function toPublicError(error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError)) {
    const known = toGatewayError(error)
    const refused = fromGatewayError(known)
    // Without execution the HTTP status is set for every client; otherwise the specification decides.
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
 * Converts a provider's error to an entry of `errors` with message, code and status. A stream has started with 200, so
 * its errors derive the status from the code.
 */
export function toUpstreamError(body: JsonObject | undefined, status: number | undefined): GraphQLError {
  const error = isJsonObject(body?.error) ? body.error : { message: body?.error ?? body?.message ?? body?.detail }
  const { message, code, type } = error as JsonObject
  const name = [code, type].find((value) => typeof value === 'string' && value !== '') ?? 'upstream_error'
  const known = typeof name === 'string' && isErrorCode(name) ? errorTable[name].status : 502
  return new GraphQLError(typeof message === 'string' ? message : `The provider returned status ${status ?? known}.`, {
    extensions: { code: name, status: status ?? known },
  })
}

function isErrorCode(name: string): name is ErrorCode {
  return Object.hasOwn(errorTable, name)
}
