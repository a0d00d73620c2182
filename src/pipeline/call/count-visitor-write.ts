import { defaults } from '../../config/defaults.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Caller } from './call.ts'
import type { Ports } from './ports.ts'

/**
 * Counts what a visitor stores without a call to a model, which no budget bounds: strangers must not fill the disk, nor
 * use up the writes of a plan. Throws GatewayError `rate_limit_exceeded`. Other callers are not limited.
 */
export function countVisitorWrite(
  { userToken, address }: Caller,
  { visitorWrites }: Pick<Ports, 'visitorWrites'>,
  pieces = 1,
): void {
  if (userToken?.kind !== 'visitor') return
  if (visitorWrites.add(address, pieces) <= defaults.visitors.storedPerAddressPerHour) return
  throw new GatewayError(
    'rate_limit_exceeded',
    'The visitors of this address have stored too much within an hour. Try again later.',
    { headers: { 'retry-after': '3600', 'x-should-retry': 'false' } },
  )
}
