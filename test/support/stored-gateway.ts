import type { Gateway, GatewayOptions } from './gateway.ts'

/** A Weir with storage of its own, empty at the start: a folder on Node, D1 and R2 in workerd. */
export interface StoredGateway extends Gateway {
  /** Runs one statement on its database, past all of Weir. */
  sql(text: string, ...params: readonly (string | number | null)[]): Promise<readonly Record<string, unknown>[]>
  /** Does what the clock would do at the next full hour. On Node it starts the server anew on the same folder, under another URL. */
  sweep(): Promise<void>
}

export type StartStoredGateway = (options?: GatewayOptions) => Promise<StoredGateway>
