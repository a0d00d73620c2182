import { GatewayError } from '../core/errors.ts'
import { limits } from './limits.ts'

/** Counts what one request does. The returned function throws GatewayError `query_too_complex` past `limits.operations`. */
export function createOperationBudget(): (count: number) => void {
  let operations = 0
  return (count) => {
    operations += count
    if (operations <= limits.operations) return
    throw new GatewayError(
      'query_too_complex',
      `One request may make ${limits.operations} operations on models and stores. Split it up.`,
    )
  }
}
