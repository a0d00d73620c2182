import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { GraphqlContext } from './graphql-context.ts'

/** Told of each error that is a defect of Weir's. */
export interface DefectReport {
  onDefect(error: unknown): void
}

/** Gives every error a status, and tells the log what its reader is not told. */
export function createErrorsPlugin(): Plugin<object, GraphqlContext & DefectReport> {
  return {
    onResultProcess({ result, serverContext }) {
      if (Array.isArray(result) || !('errors' in result) || result.errors === undefined) return
      for (const error of result.errors) {
        if (error instanceof GraphQLError) complete(error, 'data' in result)
        if (error.extensions?.code === 'internal') serverContext.onDefect(error.originalError)
      }
    },
  }
}

/** Where there are no data, clients that accept GraphQL's own media type are told by the HTTP status too; `spec` leaves others their 200. */
function complete({ extensions }: GraphQLError, hasData: boolean): void {
  const status = Number(extensions.status ?? extensions.http?.status ?? 400)
  const isRefusal = extensions.http !== undefined && extensions.status !== undefined
  extensions.status = status
  extensions.code ??= 'invalid_value'
  if (!hasData && !isRefusal) extensions.http = { status, spec: true }
}
