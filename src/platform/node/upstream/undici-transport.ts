// By its file: Bun answers to the bare name with a stand-in of its own, which has no `dispatch`.
import { Pool } from 'undici/index.js'
import type { Transport, TransportRequest } from '../../../providers/transport.ts'
import { Exchange } from './exchange.ts'
import { toReadable } from './to-readable.ts'

export interface UndiciTransport extends Transport {
  /** Closes every connection. */
  close(): Promise<void>
}

/** A pool with what it was made for. */
interface KnownPool {
  readonly connectTimeoutMs: number
  readonly pool: Pool
}

/**
 * Upstream HTTP by undici's `dispatch`: a quarter of the cost of global `fetch`, which builds web objects for each call.
 * A request that undici had not yet written when a reused socket closed is sent again by undici itself; one that was written never is (R20, R23).
 */
export function createUndiciTransport(): UndiciTransport {
  /** By origin. Providers at one origin may differ in their timeout. */
  const pools = new Map<string, KnownPool[]>()

  function poolFor({ origin, connectTimeoutMs }: TransportRequest): Pool {
    const known = pools.get(origin)
    if (known !== undefined) {
      for (const entry of known) if (entry.connectTimeoutMs === connectTimeoutMs) return entry.pool
    }
    // The pipeline has timers of its own for headers and body; HTTP/2 is left to proxies (S80).
    const pool = new Pool(origin, {
      connect: { timeout: connectTimeoutMs },
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    })
    pools.set(origin, [...(known ?? []), { connectTimeoutMs, pool }])
    return pool
  }

  return {
    send(request) {
      const { signal, method, path, headers, body } = request
      if (signal.aborted) return Promise.reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      const isWhole = body === undefined || typeof body === 'string' || body instanceof Uint8Array
      const options = { method, path, headers, body: isWhole ? (body ?? null) : toReadable(body) }
      return new Promise((resolve, reject) => {
        poolFor(request).dispatch(options, new Exchange(request, resolve, reject))
      })
    },
    async close() {
      await Promise.all([...pools.values()].flat().map(({ pool }) => pool.destroy()))
    },
  }
}
