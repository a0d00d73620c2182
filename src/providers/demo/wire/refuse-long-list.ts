import { GatewayError } from '../../../core/errors.ts'

/** Holds a list from a request to a length, since each of its entries costs an answer many times its size. */
export function refuseLongList(length: number, most: number, param: string): void {
  if (length <= most) return
  throw new GatewayError('invalid_value', `The demo takes at most ${most} entries here; these are ${length}.`, {
    param,
  })
}
