import { setTimeout as pause } from 'node:timers/promises'
import type { Gateway, GatewayOptions } from './gateway.ts'

/** A Weir with storage of its own, empty at the start: a folder on Node; D1, R2 and Durable Objects in workerd. */
export interface StoredGateway extends Gateway {
  /** Runs one statement on its database, past all of Weir. */
  sql(text: string, ...params: readonly (string | number | null)[]): Promise<readonly Record<string, unknown>[]>
  /**
   * Waits until every call is settled, a second at most, and on Workers carries the records to where `sql` sees them, which takes some
   * seconds otherwise.
   */
  flushLedger(): Promise<void>
  /** Does what the clock would do at the next full hour. On Node it starts the server anew on the same folder, under another URL. */
  sweep(): Promise<void>
}

export type StartStoredGateway = (options?: GatewayOptions) => Promise<StoredGateway>

/** Long enough for a settlement that follows its answer; calls that are meant to stay open wait it out. */
const patienceMs = 1_000

/** Asks how many calls are open until there is none, for a second at most. */
export async function untilNoneOpen(countOpen: () => Promise<number>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while ((await countOpen()) > 0 && performance.now() < deadline) await pause(5)
}
