import { type OpenCall, parseOpenCall } from '../../ledger/open-call.ts'
import { readInteger, readText } from '../read-column.ts'
import type { SqlRow } from '../sql.ts'

/** The columns of `open_calls` that {@link readOpenCall} reads. */
export const openColumns = 'id, opened_at, detail'

export function readOpenCall(row: SqlRow): OpenCall {
  return parseOpenCall(readText(row, 'id'), readInteger(row, 'opened_at'), readText(row, 'detail'))
}
