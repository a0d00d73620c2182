import { GatewayError } from '../core/errors.ts'

/** The match of a cursor that came back. Throws GatewayError `invalid_value` for what this server cannot have given. */
export function readCursor(cursor: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(cursor)
  if (match !== null) return match
  throw new GatewayError('invalid_value', 'after is not a cursor that this server gave.', { param: 'after' })
}

/** Throws GatewayError `invalid_value` unless `limit` is from 1 to `largest`. */
export function checkLimit(limit: number, largest: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= largest) return
  throw new GatewayError('invalid_value', `limit must be from 1 to ${largest}.`, { param: 'limit' })
}
