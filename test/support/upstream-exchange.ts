import type { Socket } from 'node:net'
import type { Gate } from './gate.ts'
import type { MessageHead } from './http1.ts'

/** One request that the scripted upstream took, and what became of its connection. */
export interface UpstreamExchange {
  readonly method: string
  /** As it stood in the request line. */
  readonly target: string
  readonly rawHeaders: readonly (readonly [name: string, value: string])[]
  /** By lower-case name; repeated ones are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** The decoded body, as much of it as has come. */
  readonly bodyBytes: Buffer
  readonly bodyText: string
  /** The body as JSON. Throws where it is none. */
  readonly bodyJson: unknown
  readonly bodyComplete: Promise<void>
  /** Counts the upstream's connections from 1: two exchanges with one id shared a socket. */
  readonly socketId: number
  /** `performance.now()` when the head was complete. */
  readonly receivedAt: number
  /** Bytes of this answer that the kernel has taken. Grows while a script writes. */
  readonly bytesSent: number
  /** Resolves with `performance.now()` when the connection is closed, by whichever side. */
  readonly closed: Promise<number>
  /** Resolves when the script is over, also where the connection went away under it. */
  readonly played: Promise<void>
}

/** What a script may do with the connection. Everything throws `ConnectionLost` once the peer is gone. */
export interface Wire {
  /** Resolves when the kernel has taken the bytes, so a peer that does not read holds the script up. */
  write(bytes: string | Uint8Array): Promise<void>
  wait(gate: Gate): Promise<void>
  /** Waits until the connection closes, that is for the peer. */
  waitForClose(): Promise<void>
  /** Closes the way a process that is done does: FIN. */
  finish(): void
  /** Closes the way a crashed process does: RST. */
  reset(): void
}

export interface Script {
  readonly play: (wire: Wire, exchange: UpstreamExchange) => Promise<void>
  /** True to answer as soon as the head is in, while the body is still coming. */
  readonly beforeBody?: boolean
}

export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** The side of an exchange that the server itself fills in. */
export interface ExchangeRecord {
  readonly exchange: UpstreamExchange
  readonly wire: Wire
  addBody(bytes: Buffer): void
  completeBody(): void
  completePlay(): void
}

export interface Connection {
  readonly socket: Socket
  readonly id: number
  readonly closed: Promise<number>
  countSent(bytes: number): void
}

export function createExchange(head: MessageHead, connection: Connection): ExchangeRecord {
  const [method = '', target = ''] = head.startLine.split(' ')
  const body: Buffer[] = []
  const bodyComplete = Promise.withResolvers<void>()
  const played = Promise.withResolvers<void>()
  let bytesSent = 0
  const exchange: UpstreamExchange = {
    method,
    target,
    rawHeaders: head.headers,
    headers: joinHeaders(head),
    get bodyBytes() {
      return Buffer.concat(body)
    },
    get bodyText() {
      return Buffer.concat(body).toString('utf8')
    },
    get bodyJson() {
      return JSON.parse(Buffer.concat(body).toString('utf8')) as unknown
    },
    bodyComplete: bodyComplete.promise,
    socketId: connection.id,
    receivedAt: performance.now(),
    get bytesSent() {
      return bytesSent
    },
    closed: connection.closed,
    played: played.promise,
  }
  const wire = createWire(connection, (bytes) => {
    bytesSent += bytes
    connection.countSent(bytes)
  })
  return {
    exchange,
    wire,
    addBody: (bytes) => body.push(bytes),
    completeBody: bodyComplete.resolve,
    completePlay: played.resolve,
  }
}

function joinHeaders(head: MessageHead): Record<string, string> {
  const joined: Record<string, string> = {}
  for (const [name, value] of head.headers) {
    const key = name.toLowerCase()
    const before = joined[key]
    joined[key] = before === undefined ? value : `${before}, ${value}`
  }
  return joined
}

function createWire({ socket, closed }: Connection, countSent: (bytes: number) => void): Wire {
  const lost = closed.then(() => {
    throw new ConnectionLost('the peer closed the connection')
  })
  // A script that never waits must not leave an unhandled rejection behind.
  lost.catch(() => undefined)
  return {
    write(bytes) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const buffer = Buffer.from(bytes)
      socket.write(buffer, (error) => {
        if (error) return reject(new ConnectionLost('the write failed', { cause: error }))
        countSent(buffer.length)
        resolve()
      })
      return Promise.race([promise, lost])
    },
    wait: (gate) => Promise.race([gate.opened, lost]),
    waitForClose: async () => {
      await closed
    },
    finish: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  }
}
