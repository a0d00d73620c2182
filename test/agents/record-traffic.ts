import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createBodyDecoder, findHeader, type MessageHead, readFraming, splitHead } from '../support/http1.ts'
import { withDeadline } from '../support/with-deadline.ts'

/** A request as an agent sent it, and the status with which Weir answered. */
export interface SeenRequest {
  readonly method: string
  readonly target: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly status: number | undefined
  /** Weir's id of the call, as in its usage record. */
  readonly requestId: string | undefined
  /** What the translation to the provider's dialect left out, as Weir's response says. */
  readonly dropped: string | undefined
}

export interface Traffic {
  /** `http://127.0.0.1:port`, at which the agents reach Weir. */
  readonly url: string
  readonly requests: readonly SeenRequest[]
  /** Waits until the agent has received the head of a response to a request that passes the test. */
  answered(test: (request: SeenRequest) => boolean): Promise<void>
  close(): void
}

/** Relays TCP connections to Weir byte for byte, and reads in passing what both sides send. */
export async function recordTraffic(weirPort: number): Promise<Traffic> {
  const requests: SeenRequest[] = []
  let changed = Promise.withResolvers<void>()
  const notify = () => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const weir = connect({ host: '127.0.0.1', port: weirPort, noDelay: true })
    watchConnection(client, weir, requests, notify)
    for (const [one, other] of [
      [client, weir],
      [weir, client],
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      // The peer's error says all; the end of one side ends the other.
      one.on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answered(test) {
      const search = async () => {
        while (!requests.some((request) => request.status !== undefined && test(request))) await changed.promise
      }
      return withDeadline(search(), 60_000, () => 'Weir did not answer')
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function watchConnection(client: Socket, weir: Socket, requests: SeenRequest[], notify: () => void): void {
  /** The requests without a final response. */
  const open: { -readonly [Name in keyof SeenRequest]: SeenRequest[Name] }[] = []
  const body: Buffer[] = []
  const onRequest = readMessages({
    onHead(head) {
      const [method = '', target = ''] = head.startLine.split(' ')
      const headers = Object.fromEntries(head.headers.map(([name, value]) => [name.toLowerCase(), value]))
      open.push({ method, target, headers, body: '', status: undefined, requestId: undefined, dropped: undefined })
      requests.push(open.at(-1) as SeenRequest)
      body.length = 0
      return readFraming(head, 'request')
    },
    onBody(bytes) {
      body.push(bytes)
      const last = open.at(-1)
      if (last !== undefined) last.body = Buffer.concat(body).toString('utf8')
    },
  })
  const onResponse = readMessages({
    onHead(head) {
      const status = Number(head.startLine.split(' ')[1])
      const empty = { kind: 'length', bytes: 0 } as const
      if (status < 200) return empty
      const request = open.shift()
      if (request === undefined) return empty
      request.status = status
      request.requestId = findHeader(head, 'x-request-id')
      request.dropped = findHeader(head, 'x-weir-dropped')
      notify()
      return request.method === 'HEAD' || status === 204 ? empty : readFraming(head, 'answer')
    },
    onBody: () => undefined,
  })
  client.on('data', onRequest)
  weir.on('data', onResponse)
}

interface MessageListener {
  readonly onHead: (head: MessageHead) => ReturnType<typeof readFraming>
  readonly onBody: (bytes: Buffer) => void
}

function readMessages({ onHead, onBody }: MessageListener): (bytes: Buffer) => void {
  let pending = Buffer.alloc(0)
  let decoder: ReturnType<typeof createBodyDecoder> | undefined
  return (bytes) => {
    pending = Buffer.concat([pending, bytes])
    while (true) {
      if (decoder === undefined) {
        const split = splitHead(pending)
        if (split === undefined) return
        decoder = createBodyDecoder(onHead(split.head))
        pending = Buffer.from(split.rest)
      }
      const { decoded, rest } = decoder.push(pending)
      pending = Buffer.from(rest)
      if (decoded.length > 0) onBody(decoded)
      if (!decoder.isComplete) return
      decoder = undefined
    }
  }
}
