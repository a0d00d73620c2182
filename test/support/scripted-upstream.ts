import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createBodyDecoder, findHeader, type MessageHead, readFraming, splitHead } from './http1.ts'
import { createInbox, type Inbox } from './inbox.ts'
import {
  ConnectionLost,
  createExchange,
  type ExchangeRecord,
  type Script,
  type UpstreamExchange,
} from './upstream-exchange.ts'
import { withDeadline } from './with-deadline.ts'

/** A path with or without its query, or a predicate on the exchange's head. */
export type Matcher = string | ((exchange: UpstreamExchange) => boolean)

/**
 * An HTTP/1.1 server on a raw socket that plays scripts and records its requests. It plays the oldest script queued by
 * `respondNext`, else the newest matching `on`, else that of `respond`, else a 501.
 */
export interface ScriptedUpstream {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string
  on(matcher: Matcher, script: Script): void
  respond(script: Script): void
  /** Queues scripts; each plays once, in this order. */
  respondNext(...scripts: readonly Script[]): void
  /** All requests in order of arrival, including those whose body is incomplete. */
  readonly requests: readonly UpstreamExchange[]
  /** Takes the oldest request not yet taken, once its body is complete. */
  nextRequest(timeoutMs?: number): Promise<UpstreamExchange>
  /** Takes it as soon as its head has arrived. */
  nextHead(timeoutMs?: number): Promise<UpstreamExchange>
  readonly openSockets: number
  /** The number of connections accepted since the start. */
  readonly acceptedSockets: number
  /** The bytes that the kernel has accepted on all connections. */
  readonly bytesSent: number
  /** Resolves when at most this many connections are open. */
  socketsDownTo(count: number, timeoutMs?: number): Promise<void>
  /** Closes all connections, idle or not, as a restarting server does. */
  dropSockets(by: 'fin' | 'reset'): void
  /** Client bytes that are not HTTP, and exceptions of scripts. */
  readonly faults: readonly unknown[]
  /** Forgets the scripts, the requests and the faults. */
  reset(): void
  close(): Promise<void>
}

/**
 * Only a hang or a very busy machine takes this long. It is below a test's timeout, which lets the error name its
 * cause.
 */
const defaultTimeoutMs = 15_000

interface State {
  readonly queued: Script[]
  readonly routes: { readonly matcher: Matcher; readonly script: Script }[]
  fallback: Script
  readonly exchanges: UpstreamExchange[]
  readonly sockets: Set<Socket>
  readonly faults: unknown[]
  acceptedSockets: number
  bytesSent: number
  nextIndex: number
  changed: PromiseWithResolvers<void>
}

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const state: State = {
    queued: [],
    routes: [],
    fallback: unscripted,
    exchanges: [],
    sockets: new Set(),
    faults: [],
    acceptedSockets: 0,
    bytesSent: 0,
    nextIndex: 0,
    changed: Promise.withResolvers<void>(),
  }
  const server = createServer({ noDelay: true }, (socket) => acceptSocket(socket, state))
  await listen(server)
  const { port } = server.address() as AddressInfo
  return toUpstream(`http://127.0.0.1:${port}`, server, state)
}

function toUpstream(url: string, server: Server, state: State): ScriptedUpstream {
  const nextHead = async (timeoutMs = defaultTimeoutMs): Promise<UpstreamExchange> => {
    const index = state.nextIndex++
    await until(() => state.exchanges.length > index, state, timeoutMs, `no request number ${index + 1} came upstream`)
    return state.exchanges[index] as UpstreamExchange
  }
  return {
    url,
    on: (matcher, script) => void state.routes.unshift({ matcher, script }),
    respond: (script) => {
      state.fallback = script
    },
    respondNext: (...scripts) => void state.queued.push(...scripts),
    requests: state.exchanges,
    async nextRequest(timeoutMs = defaultTimeoutMs) {
      const exchange = await nextHead(timeoutMs)
      await withDeadline(exchange.bodyComplete, timeoutMs, () => `the body of ${exchange.target} did not end`)
      return exchange
    },
    nextHead,
    get openSockets() {
      return state.sockets.size
    },
    get acceptedSockets() {
      return state.acceptedSockets
    },
    get bytesSent() {
      return state.bytesSent
    },
    socketsDownTo: (count, timeoutMs = defaultTimeoutMs) =>
      until(() => state.sockets.size <= count, state, timeoutMs, `more than ${count} sockets stayed open`),
    dropSockets(by) {
      for (const socket of state.sockets) by === 'fin' ? socket.end() : socket.resetAndDestroy()
    },
    faults: state.faults,
    reset() {
      for (const list of [state.queued, state.routes, state.exchanges, state.faults]) list.length = 0
      state.fallback = unscripted
      state.nextIndex = 0
    },
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      for (const socket of state.sockets) socket.destroy()
      await promise
    },
  }
}

const unscripted: Script = {
  async play(wire, exchange) {
    const body = `no script for ${exchange.method} ${exchange.target}`
    await wire.write(`HTTP/1.1 501 Not Implemented\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  },
}

async function listen(server: Server): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', resolve)
  await promise
}

async function until(condition: () => boolean, state: State, timeoutMs: number, missing: string): Promise<void> {
  const wait = async (): Promise<void> => {
    while (!condition()) await state.changed.promise
  }
  await withDeadline(wait(), timeoutMs, () => missing)
}

function notify(state: State): void {
  state.changed.resolve()
  state.changed = Promise.withResolvers<void>()
}

function acceptSocket(socket: Socket, state: State): void {
  const closed = Promise.withResolvers<number>()
  state.sockets.add(socket)
  state.acceptedSockets += 1
  // A client's reset is part of the test, not a server error.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    state.sockets.delete(socket)
    closed.resolve(performance.now())
    notify(state)
  })
  const connection = {
    socket,
    id: state.acceptedSockets,
    closed: closed.promise,
    countSent: (bytes: number) => {
      state.bytesSent += bytes
    },
  }
  const inbox = createInbox(socket)
  const serve = async (): Promise<void> => {
    for (let head = await readHead(inbox); head !== undefined; head = await readHead(inbox)) {
      const record = createExchange(head, connection)
      state.exchanges.push(record.exchange)
      notify(state)
      await serveExchange(head, record, inbox, state)
    }
  }
  serve().catch((fault: unknown) => {
    state.faults.push(fault)
    socket.destroy()
  })
}

async function readHead(inbox: Inbox): Promise<MessageHead | undefined> {
  let pending = Buffer.alloc(0)
  while (true) {
    await inbox.arrival()
    pending = Buffer.concat([pending, inbox.take()])
    const split = splitHead(pending)
    if (split !== undefined) {
      if (!/^[A-Z]+ \S+ HTTP\/1\.1$/.test(split.head.startLine))
        throw new Error(`not a request: ${split.head.startLine}`)
      inbox.restoreLongStrings(split.rest)
      return split.head
    }
    if (inbox.isEnded) return undefined
  }
}

async function serveExchange(head: MessageHead, record: ExchangeRecord, inbox: Inbox, state: State): Promise<void> {
  const script = chooseScript(record.exchange, state)
  const body = readBody(head, record, inbox)
  // Awaited below. A script that responds before the body may still be playing when the body fails.
  body.catch(() => undefined)
  if (!script.beforeBody && !(await body)) return
  try {
    await script.play(record.wire, record.exchange)
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error
  } finally {
    record.completePlay()
  }
  await body
}

/** Returns false if the connection ended before the body did. */
async function readBody(head: MessageHead, record: ExchangeRecord, inbox: Inbox): Promise<boolean> {
  const decoder = createBodyDecoder(readFraming(head, 'request'))
  if (findHeader(head, 'expect')?.toLowerCase() === '100-continue')
    await record.wire.write('HTTP/1.1 100 Continue\r\n\r\n')
  while (!decoder.isComplete) {
    await inbox.arrival()
    const { decoded, rest } = decoder.push(inbox.take())
    record.addBody(decoded)
    inbox.restoreLongStrings(rest)
    if (inbox.isEnded && !decoder.isComplete) return false
  }
  record.completeBody()
  return true
}

function chooseScript(exchange: UpstreamExchange, state: State): Script {
  const queued = state.queued.shift()
  if (queued !== undefined) return queued
  const route = state.routes.find(({ matcher }) => isMatch(matcher, exchange))
  return route?.script ?? state.fallback
}

function isMatch(matcher: Matcher, exchange: UpstreamExchange): boolean {
  if (typeof matcher === 'function') return matcher(exchange)
  return exchange.target === matcher || exchange.target.split('?')[0] === matcher
}
