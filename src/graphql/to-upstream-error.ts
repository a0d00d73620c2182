import { GraphQLError } from 'graphql'
import { type ErrorCode, errorTable } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'

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
