import type { Socket } from 'node:net'
import type { Gate } from './gate.ts'
import type { MessageHead } from './http1.ts'

/** One request to the scripted upstream, and the state of its connection. */
export interface UpstreamExchange {
  readonly method: string
  /** As written in the request line. */
  readonly target: string
  readonly rawHeaders: readonly (readonly [name: string, value: string])[]
  /** By lower-case name; repeated headers are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** The part of the decoded body that has arrived. */
  readonly bodyBytes: Buffer
  readonly bodyText: string
  /** The body as JSON. Throws if it is not JSON. */
  readonly bodyJson: unknown
  readonly bodyComplete: Promise<void>
  /** Numbers the upstream's connections from 1; two exchanges with the same id shared a socket. */
  readonly socketId: number
  /** `performance.now()` when the head was complete. */
  readonly receivedAt: number
  /** The response bytes that the kernel has accepted. Grows while a script writes. */
  readonly bytesSent: number
  /** Resolves with `performance.now()` when either side has closed the connection. */
  readonly closed: Promise<number>
  /** Resolves when the script has ended, including by a lost connection. */
  readonly played: Promise<void>
}

/** A script's operations on the connection. Each throws `ConnectionLost` after the peer has disconnected. */
export interface Wire {
  /** Resolves when the kernel has accepted the bytes; a peer that does not read therefore blocks the script. */
  write(bytes: string | Uint8Array): Promise<void>
  wait(gate: Gate): Promise<void>
  /** Waits until the peer closes the connection. */
  waitForClose(): Promise<void>
  /** Closes with FIN, as a process that exits normally. */
  finish(): void
  /** Closes with RST, as a crashed process. */
  reset(): void
}

export interface Script {
  readonly play: (wire: Wire, exchange: UpstreamExchange) => Promise<void>
  /** True to respond as soon as the head has arrived, before the body is complete. */
  readonly beforeBody?: boolean
}

export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** The mutable side of an exchange, which only the server uses. */
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
  // A script that never awaits this must not cause an unhandled rejection.
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
