import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Settings } from '../../../config/settings.ts'
import { isInRanges, parseIpAddress } from '../../../core/ip-address.ts'
import { isLoopbackAddress } from '../../../core/loopback.ts'
import type { CallerConnection } from '../../../pipeline/call/call.ts'

/** One connection. Until a key was accepted on it, it is a stranger's, whose time is short (case D16, S64). */
export interface Connection extends CallerConnection {
  readonly isKnown: boolean
  /** It comes from this machine, or from a proxy that the operator trusts: many clients may stand behind it. */
  readonly isShared: boolean
  /** How long it is waited for while it asks for nothing, if that is less than the server's own time. Milliseconds. */
  readonly idleMs: number | undefined
  /** A request has come on it. */
  begin(): void
  /** The answers to all that was asked on it have ended. */
  rest(): void
}

export interface Connections {
  /** To be called once, before the server listens. */
  watch(server: Server): void
  /** Puts other limits in force, for connections that come from now on. */
  change(settings: Settings): void
  of(socket: Duplex): Connection
  /**
   * Counts a request that a trusted proxy carries for a client as one of that client's connections, until the function that it answers with is called.
   * Undefined where the client has too many already.
   */
  enter(client: string): (() => void) | undefined
}

/** A property of the socket, since a Map that is filled and emptied all the time costs more. */
const own = Symbol('connection')

interface OwnedSocket extends Duplex {
  readonly remoteAddress?: string
  setTimeout?(timeoutMs: number): void
  [own]?: Connection
}

/**
 * Keeps the connections of a server within `server.max_connections`, and those of one client within `server.max_connections_per_address`: further
 * ones are closed at once, and of a client behind a proxy its requests are refused. Before all are taken, the stranger's connection that has asked for
 * nothing for the longest time gives way: no number of them keeps others out. `tell` is told of each, once a minute at most.
 */
export function createConnections(first: Settings, tell: (what: string) => void): Connections {
  let settings = first
  let watched: Server | undefined
  const counts = new Map<string, number>()
  /** Strangers' that ask for nothing, the one that has done so for the longest time first. */
  const waiting = new Set<OwnedSocket>()
  const toldAt = new Map<string, number>()
  let open = 0

  function tellSometimes(kind: string, what: string): void {
    const now = performance.now()
    if (now - (toldAt.get(kind) ?? Number.NEGATIVE_INFINITY) < 60_000) return
    toldAt.set(kind, now)
    tell(what)
  }

  /** False where the client has too many now. */
  function count(address: string): boolean {
    const number = (counts.get(address) ?? 0) + 1
    counts.set(address, number)
    if (number <= settings.server.maxConnectionsPerAddress) return true
    const limit = `over ${settings.server.maxConnectionsPerAddress} connections of ${address}`
    tellSometimes('address', `${limit} (server.max_connections_per_address)`)
    return false
  }

  function forget(address: string): void {
    const left = (counts.get(address) ?? 1) - 1
    if (left === 0) counts.delete(address)
    else counts.set(address, left)
  }

  function makeRoom(newest: OwnedSocket): void {
    const [oldest] = waiting
    if (oldest === undefined || oldest === newest) return
    oldest.destroy()
    waiting.delete(oldest)
    tellSometimes(
      'room',
      `${settings.server.maxConnections} connections (server.max_connections): those that ask for nothing, without a key, give way`,
    )
  }

  return {
    watch(server) {
      watched = server
      server.maxConnections = settings.server.maxConnections
      server.on('drop', () =>
        tellSometimes('all', `over ${server.maxConnections} connections (server.max_connections)`),
      )
      server.on('connection', (socket: OwnedSocket) => {
        const address = socket.remoteAddress
        const isShared = address === undefined || isSharedAddress(address, settings)
        open += 1
        socket[own] = new WatchedConnection(socket, isShared, settings.server.unknownCallerMs, waiting)
        socket.once('close', () => {
          open -= 1
          waiting.delete(socket)
        })
        if (!isShared) socket.once('close', () => forget(address))
        if (!isShared && !count(address)) socket.destroy()
        else if (open >= settings.server.maxConnections) makeRoom(socket)
      })
    },
    change(next) {
      settings = next
      if (watched !== undefined) watched.maxConnections = next.server.maxConnections
    },
    enter(client) {
      if (count(client)) return () => forget(client)
      forget(client)
      return undefined
    },
    of(socket: OwnedSocket) {
      const connection = socket[own]
      if (connection === undefined) throw new Error('the server of this connection is not watched')
      return connection
    },
  }
}

/** A class, since each call asks it: literals with getters have a shape each. */
class WatchedConnection implements Connection {
  readonly isShared: boolean
  isKnown = false
  readonly #socket: OwnedSocket
  readonly #unknownCallerMs: number
  readonly #waiting: Set<OwnedSocket>

  constructor(socket: OwnedSocket, isShared: boolean, unknownCallerMs: number, waiting: Set<OwnedSocket>) {
    this.isShared = isShared
    this.#socket = socket
    this.#unknownCallerMs = unknownCallerMs
    this.#waiting = waiting
    waiting.add(socket)
  }

  get idleMs(): number | undefined {
    // A proxy asks for many, and counts on being waited for (R24).
    return this.isKnown || this.isShared ? undefined : this.#unknownCallerMs
  }

  accept(): void {
    this.isKnown = true
  }

  begin(): void {
    if (!this.isKnown) this.#waiting.delete(this.#socket)
  }

  rest(): void {
    const socket = this.#socket
    if (this.isKnown || socket.destroyed) return
    this.#waiting.add(socket)
    // `node:http` has just set its own time.
    if (!this.isShared) socket.setTimeout?.(this.#unknownCallerMs)
  }
}

/** This machine, and a proxy that the operator trusts, connect for many clients. */
function isSharedAddress(text: string, { access }: Settings): boolean {
  if (isLoopbackAddress(text)) return true
  const address = parseIpAddress(text)
  return address !== undefined && isInRanges(address, access.trustedProxies)
}
