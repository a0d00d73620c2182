import { GatewayError } from '../core/errors.ts'

/** Throws GatewayError `invalid_value` unless `limit` is from 1 to `largest`. */
export function checkPageSize(limit: number, largest: number): void {
  if (limit >= 1 && limit <= largest) return
  throw new GatewayError('invalid_value', `limit must be from 1 to ${largest}.`, { param: 'limit' })
}
