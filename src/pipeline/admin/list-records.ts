import { toRecordObject } from '../export/export-records.ts'
import type { Metering } from '../metering.ts'
import type { Page } from '../sessions-of.ts'
import { checkLimit, readCursor } from './read-cursor.ts'
import { type RecordFilterRequest, toRecordFilter } from './to-record-filter.ts'

export interface RecordRequest extends RecordFilterRequest {
  /** From 1 to 100. A page may have fewer, even none, with more to follow. */
  readonly limit: number
  /** The `next` of the page before. */
  readonly after?: string | undefined
}

const pageLimit = 100

/** Records in the order of the book, each with the names of the export. */
export async function listRecords(
  { limit, after, ...filter }: RecordRequest,
  { usage }: Pick<Metering, 'usage'>,
): Promise<Page<Readonly<Record<string, unknown>>>> {
  checkLimit(limit, pageLimit)
  const place = after === undefined ? undefined : Number(readCursor(after, /^\d{1,15}$/)[0])
  const { records, next } = await usage.records({ ...toRecordFilter(filter), limit, after: place })
  return { items: records.map(toRecordObject), next: next === undefined ? undefined : String(next) }
}
