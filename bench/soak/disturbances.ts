export type ServerName = 'elder' | 'pack'

/** Tells which calls may fail, since something was done to their server meanwhile. */
export interface Disturbances {
  /** Runs `work`, during which, and for a while after, calls at `servers` may fail in any way. */
  during<Result>(servers: readonly ServerName[], work: () => Promise<Result>): Promise<Result>
  /** True for a call to this server that began then and has just ended. */
  touched(server: ServerName, startedAt: number): boolean
}

/** A trouble that has ended may be felt so much longer. Milliseconds. */
const aftermathMs = 4_000

export function createDisturbances(): Disturbances {
  const lastAt: Record<ServerName, number> = { elder: Number.NEGATIVE_INFINITY, pack: Number.NEGATIVE_INFINITY }
  return {
    async during(servers, work) {
      for (const server of servers) lastAt[server] = Number.POSITIVE_INFINITY
      try {
        return await work()
      } finally {
        for (const server of servers) lastAt[server] = performance.now() + aftermathMs
      }
    },
    touched: (server, startedAt) => startedAt < lastAt[server],
  }
}
