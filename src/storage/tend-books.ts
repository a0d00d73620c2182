import type { UsageStore } from './usage-store.ts'

export interface BooksToTend {
  readonly usage: Pick<UsageStore, 'rollUp' | 'deleteOlderThan'>
  /** Milliseconds; 0 keeps records for ever. */
  readonly retentionMs: number
  /** Records that one step takes; it holds up others. */
  readonly limit: number
}

/** Brings some of the book into the roll-ups, and deletes some of what has outlived its retention at `now`; true while there may be more. */
export async function tendBooks({ usage, retentionMs, limit }: BooksToTend, now: number): Promise<boolean> {
  const rolledUp = await usage.rollUp(limit)
  const deleted = retentionMs === 0 ? 0 : await usage.deleteOlderThan(now - retentionMs, limit)
  return rolledUp === limit || deleted === limit
}
