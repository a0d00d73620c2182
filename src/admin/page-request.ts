import { GatewayError } from '../core/errors.ts'

/** A request for one page of a list. */
export interface PageRequest {
  /** From 1 to the maximum of the list. */
  readonly limit: number
  /** The `next` of the previous page. */
  readonly after?: string | undefined
}

/** Throws GatewayError `invalid_value` unless `limit` is from 1 to `maximum`. */
export function checkLimit(limit: number, maximum: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maximum) return
  throw new GatewayError('invalid_value', `limit must be from 1 to ${maximum}.`, { param: 'limit' })
}

/** Parses a cursor. Throws GatewayError `invalid_value` if this server cannot have returned it. */
export function readCursor(after: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(after)
  if (match !== null) return match
  throw new GatewayError('invalid_value', 'after is not a cursor of this list. Send the `next` of the previous page.', {
    param: 'after',
  })
}
