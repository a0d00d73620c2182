import type { Counted } from '../../../metering/counters.ts'
import { type OpenCall, parseOpenCall } from '../../ledger/open-call.ts'
import { readInteger, readText } from '../read-column.ts'
import type { SqlRow } from '../sql.ts'

/** The columns of `open_calls` that {@link readOpenCall} reads. */
export const openColumns = 'id, opened_at, detail'

export function readOpenCall(row: SqlRow, counted?: readonly Counted[]): OpenCall {
  return parseOpenCall(readText(row, 'id'), readInteger(row, 'opened_at'), readText(row, 'detail'), counted)
}

/** Calls that this process has opened, as the table `open_calls` has them; so that a call is rarely read back. */
export interface OpenCallCache {
  put(open: OpenCall): void
  /** Removes and returns the call; undefined where another process has opened it, or a newer call has evicted it. */
  take(id: string): OpenCall | undefined
}

/** A power of two. With 1,000 calls under way at once every eighth is read back. */
const slots = 8_192

/**
 * Direct-mapped: an id hashes to one slot, and a newer call evicts the older. Bounded without book-keeping, and without
 * a `Map` that is filled and emptied thousands of times a second, which V8 copies again and again. An entry proves
 * nothing: a call is open if its row can be deleted.
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

/** From the last characters alone, which are random. */
function slotOf(id: string): number {
  let hash = 0
  for (let at = Math.max(0, id.length - 8); at < id.length; at++) hash = (Math.imul(hash, 31) + id.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 13)) & (slots - 1)
}
