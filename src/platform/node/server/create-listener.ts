import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Settings } from '../../../config/settings.ts'
import { AbortSwitch } from '../../../core/abort-switch.ts'
import type { Buffers } from '../../../core/buffers.ts'
import { GatewayError } from '../../../core/errors.ts'
import { type GatewayResponse, isByteStream } from '../../../core/gateway-response.ts'
import type { App } from '../../../http/app.ts'
import { readAddress } from '../../../http/read-credentials.ts'
import type { Connections } from './connections.ts'
import { createSlots } from './create-slots.ts'
import { NodeRequest } from './node-request.ts'
import { RequestQueue } from './request-queue.ts'
import { leaveInTurn } from './take-turns.ts'
import { type Patience, writeResponse } from './write-response.ts'

export interface Listener {
  handle(request: IncomingMessage, response: ServerResponse): void
  /** True for a connection whose last answer is written while the rest of its request is thrown away: nothing more is answered there. */
  isClosing(socket: Duplex): boolean
  /** Closes a connection once the answer that is on its way there has ended; false where none is. */
  endAfterResponse(socket: Duplex): boolean
  /** Resolves when no call is running and nothing is left to be done for one; after `deadlineMs` those that still run are ended with `reason`. */
  drain(deadlineMs: number, reason: GatewayError): Promise<void>
}

/** A running call that can be ended early, in a way that its caller can tell from success. */
interface Interruptible {
  abort(reason: GatewayError): void
}

/** How long a caller who is still sending is read, and thrown away, so that it sees the refusal instead of a reset. */
const lingerMs = 2_000
/** The most of it: a caller who sends without end is cut off sooner (R30). */
const lingerBytes = 16 * 1_048_576
/** A body up to this length is read for the sake of its connection, though its answer is ready before it. */
const keptBodyBytes = 1_048_576
/** What the last bytes of a cut stream get to leave. */
const flushMs = 500

/** The answer that is on its way on a connection: a property of its socket, since a Map that is filled and emptied all the time costs more. */
const running = Symbol('answer')
/** The requests that came behind it, if there are any. */
const queued = Symbol('queue')

interface UsedSocket extends Duplex {
  [running]?: ServerResponse | undefined
  [queued]?: RequestQueue | undefined
}

/** The app that answers the requests that come now, and its settings. */
export interface Serving {
  readonly app: App
  readonly settings: Settings
  readonly withCallers: Patience
  readonly withStrangers: Patience
}

export function toServing(app: App, settings: Settings): Serving {
  const { streams, server } = settings
  return {
    app,
    settings,
    withCallers: { stalledMs: streams.stalledReaderMs },
    withStrangers: {
      stalledMs: Math.min(streams.stalledReaderMs, server.unknownCallerMs),
      msPerMebibyte: server.unknownCallerMs,
    },
  }
}

/**
 * Carries requests of `node:http` to the app and its answers back. Each request belongs to what is serving when its turn comes: those that a caller has
 * sent ahead on one connection are begun one after the other, each in a turn of the event loop of its own, since a single read can hold a thousand.
 */
export function createListener(current: () => Serving, buffers: Buffers, connections: Connections): Listener {
  const calls = createSlots<Interruptible>()
  const closing = new Set<Duplex>()
  let deferred = 0
  let isDraining = false
  let isOverdue = false
  let whenIdle = () => {}

  function tellIdle(): void {
    if (calls.count() === 0 && deferred === 0) whenIdle()
  }

  function finishDeferred(): void {
    deferred -= 1
    tellIdle()
  }

  /** What a call leaves to be done, such as its record; a server that stops waits for it too. */
  function defer(work: Promise<unknown>): void {
    deferred += 1
    work.then(finishDeferred, finishDeferred)
  }

  function serve(request: IncomingMessage, response: ServerResponse, arrivedAt: number): Promise<void> {
    const { app, settings, withCallers, withStrangers } = current()
    const gone = new AbortSwitch()
    const slot = calls.fill(gone)
    const socket: UsedSocket = request.socket
    const connection = connections.of(socket)
    socket[running] = response
    connection.begin()
    const inbound = new NodeRequest(request, response, {
      gone,
      defer,
      connection,
      arrivedAt,
      maxHeaders: settings.limits.headerCount,
    })
    const leave = connection.isShared ? enterForClient(inbound, settings, connections) : undefined
    response.on('close', () => {
      calls.free(slot)
      leave?.()
      inbound.giveBack()
      if (socket[queued] !== undefined) setImmediate(beginNext, socket)
      else {
        socket[running] = undefined
        connection.rest()
      }
      if (response.writableFinished) {
        tellIdle()
        return
      }
      deferred += 1
      leaveInTurn(() => {
        gone.abort(undefined)
        finishDeferred()
      })
    })
    return app.handle(inbound).then((answer) => {
      if (answer === undefined || response.destroyed) {
        // The caller has left.
        if (answer !== undefined && isByteStream(answer.body)) answer.body.cancel()
        response.destroy()
        return
      }
      const { body } = answer
      if (isByteStream(body)) {
        calls.refill(slot, {
          abort: (reason) => (body.interrupt === undefined ? response.destroy() : body.interrupt(reason)),
        })
      }
      const patience = connection.isKnown ? withCallers : withStrangers
      const isUnread = hasRest(request)
      const isLast = isDraining && (socket[queued] === undefined || isOverdue)
      const isClosed = isLast || (isUnread && !mayKeep(request, answer))
      if (isClosed) response.setHeader('connection', 'close')
      else if (connection.idleMs !== undefined)
        response.setHeader('keep-alive', `timeout=${Math.floor(connection.idleMs / 1_000)}`)
      // What follows a malformed request may be another one in disguise: that connection ends at once.
      if (isUnread && isClosed && inbound.malformed === undefined) {
        closing.add(socket)
        response.once('close', () => closing.delete(socket))
        // Ended at once, the socket would be reset under a caller who is still sending, and the refusal lost.
        writeResponse(answer, response, patience, buffers, (end) => void readRest(request).then(end))
        return
      }
      if (isUnread && !isClosed)
        response.once('finish', () => void readRest(request).then((isRead) => isRead || request.destroy()))
      writeResponse(answer, response, patience, buffers)
    })
  }

  function begin(request: IncomingMessage, response: ServerResponse, arrivedAt = performance.now()): void {
    // Whatever could still be thrown, at once or later, concerns one connection, not the process.
    try {
      void serve(request, response, arrivedAt).catch(() => response.destroy())
    } catch {
      response.destroy()
    }
  }

  function beginNext(socket: UsedSocket): void {
    const queue = socket[queued]
    // None is begun behind an answer that ends its connection, nor once the time to drain is over.
    const next = socket.writable && !isOverdue ? queue?.take() : undefined
    if (next === undefined) {
      deferred -= queue?.clear() ?? 0
      socket[queued] = undefined
      socket[running] = undefined
      socket.end()
      tellIdle()
      return
    }
    if (queue?.length === 0) socket[queued] = undefined
    deferred -= 1
    // The last answer may have had a time, which `node:http` takes back only for a request that comes after it.
    next.request.socket.setTimeout(0)
    begin(next.request, next.response, next.arrivedAt)
  }

  return {
    handle(request, response) {
      const socket: UsedSocket = request.socket
      if (closing.size > 0 && closing.has(socket)) return
      if (socket[running] === undefined) {
        begin(request, response)
        return
      }
      socket[queued] ??= new RequestQueue(buffers)
      if (socket[queued].add(request, response)) deferred += 1
      else socket.destroy()
    },
    isClosing: (socket) => closing.has(socket),
    endAfterResponse(socket: UsedSocket) {
      const response = socket[running]
      // An answer that has not begun, or has ended, can be followed by a refusal.
      if (response === undefined || !response.headersSent || response.writableEnded) return false
      response.once('close', () => socket.destroy())
      return true
    },
    async drain(deadlineMs, reason) {
      isDraining = true
      const idle = new Promise<void>((resolve) => {
        whenIdle = resolve
        tellIdle()
      })
      const interrupt = setTimeout(() => {
        isOverdue = true
        for (const call of calls.members()) call.abort(reason)
      }, deadlineMs)
      const giveUp = setTimeout(() => whenIdle(), deadlineMs + flushMs)
      await idle
      clearTimeout(interrupt)
      clearTimeout(giveUp)
    },
  }
}

/** Counts a request that a trusted proxy carries as its client's, or refuses it. The proxy's own, such as its checks, are not counted. */
function enterForClient(
  inbound: NodeRequest,
  { access, server }: Settings,
  connections: Connections,
): (() => void) | undefined {
  if (access.trustedProxies.length === 0 || inbound.header('x-forwarded-for') === undefined) return undefined
  const client = readAddress(inbound, access.trustedProxies)
  if (client === undefined) return undefined
  const leave = connections.enter(client)
  if (leave === undefined)
    inbound.refused = new GatewayError(
      'rate_limit_exceeded',
      `More than ${server.maxConnectionsPerAddress} requests of your address are under way here. Send this one again when some of them have ended.`,
      { headers: { 'retry-after': '1' } },
    )
  return leave
}

/** True where more of a request's body comes, or waits to be read: the next request of its connection stands behind that (case C18). */
function hasRest(request: IncomingMessage): boolean {
  return !request.complete || (request.readableDidRead && !request.readableEnded)
}

/** A caller who waits for `100 Continue` may send its body all the same, or the next request. */
function mayKeep({ headers }: IncomingMessage, answer: GatewayResponse): boolean {
  const length = headers['content-length']
  const isShort = length !== undefined && Number(length) <= keptBodyBytes
  return isShort && headers.expect === undefined && answer.headers.connection !== 'close'
}

/** Reads the rest of a request and throws it away. False where its end has not come in time, or the rest is too long. */
function readRest(request: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    if (request.destroyed || request.readableEnded) {
      resolve(true)
      return
    }
    let length = 0
    const finish = (isRead: boolean) => {
      clearTimeout(cut)
      resolve(isRead)
    }
    const cut = setTimeout(() => finish(false), lingerMs)
    request.once('end', () => finish(true))
    request.once('close', () => finish(true))
    // Its reader may be one that never asks for more.
    request.removeAllListeners('data')
    request.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length > lingerBytes) finish(false)
    })
    request.resume()
  })
}
