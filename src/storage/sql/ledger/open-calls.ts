import type { Counted } from '../../../metering/counters.ts'
import { type OpenCall, parseOpenCall } from '../../ledger/open-call.ts'
import { readInteger, readString } from '../read-column.ts'
import type { SqlRow } from '../sql.ts'

/** The columns of `open_calls` that {@link readOpenCall} reads. */
export const openColumns = 'id, opened_at, detail'

export function readOpenCall(row: SqlRow, counted?: readonly Counted[]): OpenCall {
  return parseOpenCall(readString(row, 'id'), readInteger(row, 'opened_at'), readString(row, 'detail'), counted)
}

/** A cache of the calls that this process opened, which avoids most reads of the table `open_calls`. */
export interface OpenCallCache {
  put(open: OpenCall): void
  /** Removes and returns the call; undefined if another process opened it or a newer call evicted it. */
  take(id: string): OpenCall | undefined
}

/** A power of two. With 1,000 concurrent calls, about one in eight is evicted and read back from the table. */
const slots = 8_192

/**
 * Direct-mapped cache: an id hashes to one slot, and a newer call evicts the older. Bounded without bookkeeping. A
 * `Map` that fills and empties thousands of times a second would be copied repeatedly by V8. An entry does not prove
 * that a call is open; only the deletion of its row does.
 */
export function createOpenCallCache(): OpenCallCache {
  const known = new Array<OpenCall | undefined>(slots).fill(undefined)
  return {
    put(open) {
      known[slotOf(open.request.id)] = open
    },
    take(id) {
      const slot = slotOf(id)
      const open = known[slot]
      if (open?.request.id !== id) return undefined
      known[slot] = undefined
      return open
    },
  }
}

/** Hashes only the last characters, which are random. */
function slotOf(id: string): number {
  let hash = 0
  for (let at = Math.max(0, id.length - 8); at < id.length; at++) hash = (Math.imul(hash, 31) + id.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 13)) & (slots - 1)
}
