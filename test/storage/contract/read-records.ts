import type { NumberedRecord, RecordPage, UsageStore } from '../../../src/storage/usage-store.ts'

/** Adds every record to the roll-ups. */
export async function rollUpAll(store: UsageStore): Promise<void> {
  for (let rolled = 1; rolled > 0; rolled = await store.rollUp(5)) {}
}

/** Reads all records, page by page. */
export async function readAll(store: UsageStore, page: RecordPage): Promise<readonly NumberedRecord[]> {
  const records: NumberedRecord[] = []
  for (let after: number | undefined = 0; after !== undefined; ) {
    const slice = await store.records({ ...page, after })
    records.push(...slice.records)
    after = slice.next
  }
  return records
}
