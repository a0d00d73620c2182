import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type ErrorCode, GatewayError } from '../core/errors.ts'

/** Told of each error that is no fault of the caller's or of a provider's. */
export interface DefectReport {
  onDefect(error: GatewayError): void
}

const defects: ReadonlySet<ErrorCode> = new Set(['internal', 'store_unavailable'])

/** Gives every error a status, and tells the log what its reader is not told. */
export function createErrorsPlugin(): Plugin<object, DefectReport> {
  return {
    onResultProcess({ result, serverContext }) {
      if (Array.isArray(result) || !('errors' in result) || result.errors === undefined) return
      for (const error of result.errors) {
        if (error instanceof GraphQLError) complete(error, 'data' in result)
        const { originalError } = error
        if (originalError instanceof GatewayError && defects.has(originalError.code)) {
          serverContext.onDefect(originalError)
        }
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
