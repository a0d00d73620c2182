import { setTimeout as pause } from 'node:timers/promises'
import type { Gateway, GatewayOptions } from './gateway.ts'

/** A running Weir with separate, initially empty storage: a folder on Node; D1, R2 and Durable Objects in workerd. */
export interface StoredGateway extends Gateway {
  /** Runs one statement directly on its database, bypassing Weir. */
  sql(text: string, ...params: readonly (string | number | null)[]): Promise<readonly Record<string, unknown>[]>
  /**
   * Waits up to a second until every call is settled. On Workers it also moves the records to the database that `sql`
   * reads, which would otherwise take some seconds.
   */
  flushLedger(): Promise<void>
  /** Runs the hourly tasks. On Node it restarts the server on the same folder under another URL. */
  sweep(): Promise<void>
}

export type StartStoredGateway = (options?: GatewayOptions) => Promise<StoredGateway>

/** Allows for a settlement after the response; tests with calls that stay open wait the whole time. */
const patienceMs = 1_000

/** Polls the number of open calls until it is zero, for up to a second. */
export async function untilNoneOpen(countOpen: () => Promise<number>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while ((await countOpen()) > 0 && performance.now() < deadline) await pause(5)
}
