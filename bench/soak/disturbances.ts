export type ServerName = 'elder' | 'pack'

/** Tracks which calls may fail because of a disturbance of their server. */
export interface Disturbances {
  /** Runs `work`. During it, and for a while after, calls to `servers` may fail in any way. */
  during<Result>(servers: readonly ServerName[], work: () => Promise<Result>): Promise<Result>
  /** Returns true if a disturbance affects a call to this server that started then and has just ended. */
  touched(server: ServerName, startedAt: number): boolean
}

/** Milliseconds for which a disturbance may affect calls after its end. */
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
