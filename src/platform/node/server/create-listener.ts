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
import { queueCleanup } from './tick-queue.ts'
import { type ReadTimeouts, writeResponse } from './write-response.ts'

export interface Listener {
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Returns true for a connection that sends its last response while the rest of the request is discarded. */
  isClosing(socket: Duplex): boolean
  /** Closes a connection after its current response has ended. Returns false if no response is in progress. */
  endAfterResponse(socket: Duplex): boolean
  /** Resolves when all calls and deferred work are done. After `deadlineMs` it ends running calls with `reason`. */
  drain(deadlineMs: number, reason: GatewayError): Promise<void>
}

/** A running call that can be ended early, in a way that its caller can distinguish from success. */
interface Interruptible {
  abort(reason: GatewayError): void
}

/** Maximum time to discard the rest of a request. If the socket closed earlier, a reset would hide the refusal. */
const lingerMs = 2_000
/** Maximum bytes to discard: an endless body is cut off earlier (R30). */
const lingerBytes = 16 * 1_048_576
/** Maximum body that is read to its end to keep the connection, when the response is ready first. */
const keptBodyBytes = 1_048_576
/** Time for the last bytes of an interrupted stream to reach the client. */
const flushMs = 500

/** The current response of a connection, as a property of its socket: cheaper than a Map with constant changes. */
const running = Symbol('response')
/** The pipelined requests behind the current one, if there are any. */
const queued = Symbol('queue')

interface UsedSocket extends Duplex {
  [running]?: ServerResponse | undefined
  [queued]?: RequestQueue | undefined
}

/** The app for new requests, with its settings. */
export interface Serving {
  readonly app: App
  readonly settings: Settings
  readonly knownTimeouts: ReadTimeouts
  readonly unknownTimeouts: ReadTimeouts
}

export function toServing(app: App, settings: Settings): Serving {
  const { streams, server } = settings
  return {
    app,
    settings,
    knownTimeouts: { stalledMs: streams.stalledReaderMs },
    unknownTimeouts: {
      stalledMs: Math.min(streams.stalledReaderMs, server.unknownCallerMs),
      msPerMebibyte: server.unknownCallerMs,
    },
  }
}

/**
 * Connects `node:http` to the app. Each request is served by the app that is current when it starts. Pipelined requests
 * start in order, one per event-loop tick, because a single read can contain a thousand of them.
 */
export function createListener(current: () => Serving, buffers: Buffers, connections: Connections): Listener {
  const calls = createSlots<Interruptible>()
  const closing = new Set<Duplex>()
  let deferred = 0
  let isDraining = false
  let isOverdue = false
  let whenIdle = () => {}

  function checkIdle(): void {
    if (calls.count() === 0 && deferred === 0) whenIdle()
  }

  function finishDeferred(): void {
    deferred -= 1
    checkIdle()
  }

  /** Registers work that a call leaves behind, such as its usage record. A draining server waits for it. */
  function defer(work: Promise<unknown>): void {
    deferred += 1
    work.then(finishDeferred, finishDeferred)
  }

  function serve(request: IncomingMessage, response: ServerResponse, arrivedAt: number): Promise<void> {
    const { app, settings, knownTimeouts, unknownTimeouts } = current()
    const gone = new AbortSwitch()
    const slot = calls.fill(gone)
    const socket: UsedSocket = request.socket
    const connection = connections.of(socket)
    socket[running] = response
    connection.begin()
    const incoming = new NodeRequest(request, response, {
      gone,
      defer,
      connection,
      arrivedAt,
      maxHeaders: settings.limits.headerCount,
    })
    const leave = connection.isShared ? enterForClient(incoming, settings, connections) : undefined
    response.on('close', () => {
      calls.free(slot)
      leave?.()
      incoming.release()
      if (socket[queued] !== undefined) setImmediate(beginNext, socket)
      else {
        socket[running] = undefined
        connection.rest()
      }
      if (response.writableFinished) {
        checkIdle()
        return
      }
      deferred += 1
      queueCleanup(() => {
        gone.abort(undefined)
        finishDeferred()
      })
    })
    return app.handle(incoming).then((result) => {
      if (result === undefined || response.destroyed) {
        // The caller has disconnected.
        if (result !== undefined && isByteStream(result.body)) result.body.cancel()
        response.destroy()
        return
      }
      const { body } = result
      if (isByteStream(body)) {
        calls.refill(slot, {
          abort: (reason) => (body.interrupt === undefined ? response.destroy() : body.interrupt(reason)),
        })
      }
      const timeouts = connection.isKnown ? knownTimeouts : unknownTimeouts
      const isUnread = hasUnreadBody(request)
      const isLast = isDraining && (socket[queued] === undefined || isOverdue)
      const isClosed = isLast || (isUnread && !canKeepConnection(request, result))
      if (isClosed) response.setHeader('connection', 'close')
      else if (connection.idleMs !== undefined)
        response.setHeader('keep-alive', `timeout=${Math.floor(connection.idleMs / 1_000)}`)
      // Bytes after a malformed request may be a smuggled one, so that connection closes at once instead.
      if (isUnread && isClosed && incoming.malformed === undefined) {
        closing.add(socket)
        response.once('close', () => closing.delete(socket))
        // If the socket closed at once, a client that is still sending would get a reset and lose the refusal.
        writeResponse(result, response, timeouts, buffers, (end) => void discardRest(request).then(end))
        return
      }
      if (isUnread && !isClosed)
        response.once('finish', () => void discardRest(request).then((isRead) => isRead || request.destroy()))
      writeResponse(result, response, timeouts, buffers)
    })
  }

  function begin(request: IncomingMessage, response: ServerResponse, arrivedAt = performance.now()): void {
    // An unexpected error, thrown or rejected, must end only this connection, not the process.
    try {
      void serve(request, response, arrivedAt).catch(() => response.destroy())
    } catch {
      response.destroy()
    }
  }

  function beginNext(socket: UsedSocket): void {
    const queue = socket[queued]
    // Starts no request after a response that closes the connection, or after the drain deadline.
    const next = socket.writable && !isOverdue ? queue?.take() : undefined
    if (next === undefined) {
      deferred -= queue?.clear() ?? 0
      socket[queued] = undefined
      socket[running] = undefined
      socket.end()
      checkIdle()
      return
    }
    if (queue?.length === 0) socket[queued] = undefined
    deferred -= 1
    // Clears the timeout of the last response: `node:http` clears it only for a request that arrives after that.
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
      // A response that has not begun, or has ended, does not prevent an error response.
      if (response === undefined || !response.headersSent || response.writableEnded) return false
      response.once('close', () => socket.destroy())
      return true
    },
    async drain(deadlineMs, reason) {
      isDraining = true
      const idle = new Promise<void>((resolve) => {
        whenIdle = resolve
        checkIdle()
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

/** Counts a request of a trusted proxy for its client, or refuses it. Does not count the proxy's own health checks. */
function enterForClient(
  incoming: NodeRequest,
  { access, server }: Settings,
  connections: Connections,
): (() => void) | undefined {
  if (access.trustedProxies.length === 0 || incoming.header('x-forwarded-for') === undefined) return undefined
  const client = readAddress(incoming, access.trustedProxies)
  if (client === undefined) return undefined
  const leave = connections.enter(client)
  if (leave === undefined)
    incoming.refused = new GatewayError(
      'rate_limit_exceeded',
      `More than ${server.maxConnectionsPerAddress} requests from your address are in progress. Send this one again when some of them have finished.`,
      { headers: { 'retry-after': '1' } },
    )
  return leave
}

/** Returns true if a part of the body is unread; the next request of the connection follows it (case C18). */
function hasUnreadBody(request: IncomingMessage): boolean {
  return !request.complete || (request.readableDidRead && !request.readableEnded)
}

/** Returns true for a short body. After `expect: 100-continue`, the next bytes may be the body or another request. */
function canKeepConnection({ headers }: IncomingMessage, response: GatewayResponse): boolean {
  const length = headers['content-length']
  const isShort = length !== undefined && Number(length) <= keptBodyBytes
  return isShort && headers.expect === undefined && response.headers.connection !== 'close'
}

/** Discards the rest of a request. Resolves with false if it is too long, or does not end in time. */
function discardRest(request: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    if (request.destroyed || request.readableEnded) {
      resolve(true)
      return
    }
    let length = 0
    const finish = (isRead: boolean) => {
      clearTimeout(timer)
      resolve(isRead)
    }
    const timer = setTimeout(() => finish(false), lingerMs)
    request.once('end', () => finish(true))
    request.once('close', () => finish(true))
    // A paused reader of the body would block the request.
    request.removeAllListeners('data')
    request.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length > lingerBytes) finish(false)
    })
    request.resume()
  })
}
