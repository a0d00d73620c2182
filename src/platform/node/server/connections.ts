import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Settings } from '../../../config/settings.ts'
import { isInRanges, parseIpAddress } from '../../../core/ip-address.ts'
import { isLoopbackAddress } from '../../../core/loopback.ts'
import type { CallerConnection } from '../../../pipeline/call/call.ts'

/** One connection. It is unknown, with short timeouts, until a key was accepted on it (case D16, S64). */
export interface Connection extends CallerConnection {
  readonly isKnown: boolean
  /** True for connections from this machine or a trusted proxy, which may serve many clients. */
  readonly isShared: boolean
  /** Idle timeout in milliseconds; undefined for the server's own timeout. */
  readonly idleMs: number | undefined
  /** A request has started. */
  begin(): void
  /** The connection is idle: all responses have ended. */
  rest(): void
}

export interface Connections {
  /** Must be called once, before the server listens. */
  watch(server: Server): void
  /** Applies other limits to new connections. */
  change(settings: Settings): void
  of(socket: Duplex): Connection
  /**
   * Counts a request of a trusted proxy as a connection of its client, until the returned function is called.
   * Returns undefined if the client has too many.
   */
  enter(client: string): (() => void) | undefined
}

/** A property of the socket: cheaper than a Map that entries enter and leave all the time. */
const own = Symbol('connection')

interface OwnedSocket extends Duplex {
  readonly remoteAddress?: string
  setTimeout?(timeoutMs: number): void
  [own]?: Connection
}

/**
 * Enforces `server.max_connections`, and `server.max_connections_per_address` per client. Closes excess connections at
 * once, and refuses excess requests of a client behind a proxy. Near the total, it closes the unknown connection that
 * was idle longest, so idle connections cannot block others. Calls `warn` at most once a minute per kind.
 */
export function createConnections(first: Settings, warn: (message: string) => void): Connections {
  let settings = first
  let watched: Server | undefined
  const counts = new Map<string, number>()
  /** Idle unknown connections, longest idle first. */
  const idle = new Set<OwnedSocket>()
  const warnedAt = new Map<string, number>()
  let open = 0

  function warnOncePerMinute(kind: string, message: string): void {
    const now = performance.now()
    if (now - (warnedAt.get(kind) ?? Number.NEGATIVE_INFINITY) < 60_000) return
    warnedAt.set(kind, now)
    warn(message)
  }

  /** Returns false if the client now has too many. */
  function count(address: string): boolean {
    const number = (counts.get(address) ?? 0) + 1
    counts.set(address, number)
    if (number <= settings.server.maxConnectionsPerAddress) return true
    const limit = `over ${settings.server.maxConnectionsPerAddress} connections from ${address}`
    warnOncePerMinute('address', `${limit} (server.max_connections_per_address)`)
    return false
  }

  function uncount(address: string): void {
    const left = (counts.get(address) ?? 1) - 1
    if (left === 0) counts.delete(address)
    else counts.set(address, left)
  }

  function makeRoom(newest: OwnedSocket): void {
    const [oldest] = idle
    if (oldest === undefined || oldest === newest) return
    oldest.destroy()
    idle.delete(oldest)
    warnOncePerMinute(
      'room',
      `${settings.server.maxConnections} connections (server.max_connections): idle connections without an accepted key are closed`,
    )
  }

  return {
    watch(server) {
      watched = server
      server.maxConnections = settings.server.maxConnections
      server.on('drop', () =>
        warnOncePerMinute('all', `over ${server.maxConnections} connections (server.max_connections)`),
      )
      server.on('connection', (socket: OwnedSocket) => {
        const address = socket.remoteAddress
        const isShared = address === undefined || isSharedAddress(address, settings)
        open += 1
        socket[own] = new WatchedConnection(socket, isShared, settings.server.unknownCallerMs, idle)
        socket.once('close', () => {
          open -= 1
          idle.delete(socket)
        })
        if (!isShared) socket.once('close', () => uncount(address))
        if (!isShared && !count(address)) socket.destroy()
        else if (open >= settings.server.maxConnections) makeRoom(socket)
      })
    },
    change(next) {
      settings = next
      if (watched !== undefined) watched.maxConnections = next.server.maxConnections
    },
    enter(client) {
      if (count(client)) return () => uncount(client)
      uncount(client)
      return undefined
    },
    of(socket: OwnedSocket) {
      const connection = socket[own]
      if (connection === undefined) throw new Error('the server of this connection is not watched')
      return connection
    },
  }
}

/** A class, because each call uses it: each object literal with a getter has its own hidden class in V8. */
class WatchedConnection implements Connection {
  readonly isShared: boolean
  isKnown = false
  readonly #socket: OwnedSocket
  readonly #unknownCallerMs: number
  readonly #idle: Set<OwnedSocket>

  constructor(socket: OwnedSocket, isShared: boolean, unknownCallerMs: number, idle: Set<OwnedSocket>) {
    this.isShared = isShared
    this.#socket = socket
    this.#unknownCallerMs = unknownCallerMs
    this.#idle = idle
    idle.add(socket)
  }

  get idleMs(): number | undefined {
    // A proxy serves many clients and relies on the server's long keep-alive (R24).
    return this.isKnown || this.isShared ? undefined : this.#unknownCallerMs
  }

  accept(): void {
    this.isKnown = true
  }

  begin(): void {
    if (!this.isKnown) this.#idle.delete(this.#socket)
  }

  rest(): void {
    const socket = this.#socket
    if (this.isKnown || socket.destroyed) return
    this.#idle.add(socket)
    // Overrides the keep-alive timeout that `node:http` has just set.
    if (!this.isShared) socket.setTimeout?.(this.#unknownCallerMs)
  }
}

/** Returns true for loopback addresses and trusted proxies, which connect for many clients. */
function isSharedAddress(address: string, { access }: Settings): boolean {
  if (isLoopbackAddress(address)) return true
  const parsed = parseIpAddress(address)
  return parsed !== undefined && isInRanges(parsed, access.trustedProxies)
}
