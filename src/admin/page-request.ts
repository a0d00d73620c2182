import { GatewayError } from '../core/errors.ts'

/** One page of a list, as an administrator asks for it. */
export interface PageRequest {
  /** From 1 to the maximum of the list. */
  readonly limit: number
  /** The `next` of the page before. */
  readonly after?: string | undefined
}

/** Throws GatewayError `invalid_value` unless `limit` is from 1 to `maximum`. */
export function checkLimit(limit: number, maximum: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maximum) return
  throw new GatewayError('invalid_value', `limit must be from 1 to ${maximum}.`, { param: 'limit' })
}

/** Matches `after`. Throws GatewayError `invalid_value` for a cursor that this server cannot have given. */
export function readCursor(after: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(after)
  if (match !== null) return match
  throw new GatewayError('invalid_value', 'after is not a cursor that this server gave.', { param: 'after' })
}
