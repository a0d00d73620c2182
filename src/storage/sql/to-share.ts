import type { Share } from '../../metering/counters.ts'
import type { AdmissionRequest } from '../ledger.ts'

/** What a call takes of each of its subjects when it is admitted, and gives back when it is settled. */
export function toShare({ tokens, reservedNano, isStream, attempt }: AdmissionRequest): Share {
  return { tokens, reservedNano, isStream, countsAsRequest: attempt === 1 }
}
