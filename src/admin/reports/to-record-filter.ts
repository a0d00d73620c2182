import { GatewayError } from '../../core/errors.ts'
import { dayMs } from '../../core/time.ts'
import type { RecordPage } from '../../storage/usage-store.ts'
import { toInstant } from '../keys/to-instant.ts'

/** Which records are wanted. */
export interface RecordFilterRequest {
  /** A day, or a date and time with its zone; when the record was settled. */
  readonly from?: string | undefined
  /** The same; the day is included, the instant is not. */
  readonly to?: string | undefined
  readonly key_id?: string | undefined
  /** Only records after this `seq`. */
  readonly after?: number | undefined
  /** The maximum number of records; all if left out. */
  readonly limit?: number | undefined
}

const day = /^\d{4}-\d{2}-\d{2}$/

/** The filter of an export. Throws GatewayError `invalid_value`. */
export function toRecordFilter({ from, to, key_id: keyId, after, limit }: RecordFilterRequest): Partial<RecordPage> {
  const filter = {
    from: from === undefined ? undefined : readInstant(from, 'from'),
    to: to === undefined ? undefined : readInstant(to, 'to') + (day.test(to) ? dayMs : 0),
    keyId,
    after,
    ...(limit !== undefined && { limit }),
  }
  if (filter.from === undefined || filter.to === undefined || filter.from < filter.to) return filter
  throw new GatewayError('invalid_value', 'from must be earlier than to.', { param: 'from' })
}

function readInstant(text: string, param: 'from' | 'to'): number {
  const instant = toInstant(text)
  if (instant !== undefined) return instant
  throw new GatewayError(
    'invalid_value',
    `${param} must be a day such as 2026-11-22, or a date and time with its zone such as 2026-11-22T08:00:00Z.`,
    { param },
  )
}
