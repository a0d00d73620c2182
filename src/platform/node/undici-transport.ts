// By its file: Bun answers to the bare name with a stand-in of its own, which has no `dispatch`.
import { type Dispatcher, Pool } from 'undici/index.js'
import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import type { Transport, TransportRequest, TransportResponse } from '../../providers/transport.ts'
import { decodeBody } from './decode-body.ts'
import { toReadable } from './to-readable.ts'
import { toInterruption, toUpstreamError } from './upstream-error.ts'

/** What is kept of an answer that nobody reads yet, before its socket is paused. */
const unreadBytes = 64 * 1024

export interface UndiciTransport extends Transport {
  /** Closes every connection. */
  close(): Promise<void>
}

/**
 * Upstream HTTP by undici's `dispatch`: a quarter of the cost of global `fetch`, which builds web objects for each call.
 * A request that undici had not yet written when a reused socket closed is sent again by undici itself; one that was written never is (R20, R23).
 */
export function createUndiciTransport(): UndiciTransport {
  const pools = new Map<string, Pool>()

  function poolFor({ origin, connectTimeoutMs }: TransportRequest): Pool {
    const name = `${connectTimeoutMs} ${origin}`
    const known = pools.get(name)
    if (known !== undefined) return known
    // The pipeline has timers of its own for headers and body; HTTP/2 is left to proxies (S80).
    const pool = new Pool(origin, {
      connect: { timeout: connectTimeoutMs },
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    })
    pools.set(name, pool)
    return pool
  }

  return {
    send: (request) => dispatch(poolFor(request), request),
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}

function dispatch(pool: Pool, request: TransportRequest): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const { signal } = request
    let controller: Dispatcher.DispatchController | undefined
    let body: ReceivedBody | undefined

    function abort(): void {
      const reason = signal.reason instanceof Error ? signal.reason : new Error('aborted')
      controller?.abort(reason)
      reject(reason)
    }

    function done(): void {
      signal.removeEventListener('abort', abort)
    }

    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    pool.dispatch(toDispatchOptions(request), {
      onRequestStart(started) {
        controller = started
        if (signal.aborted) abort()
      },
      onResponseStart(started, status, headers) {
        if (status < 200) return
        body = createReceivedBody(started)
        const flat = isFlat(headers) ? headers : flatten(headers)
        const encoding = flat['content-encoding']
        resolve({
          status,
          headers: flat,
          body: encoding === undefined ? body.stream : decodeBody(body.stream, encoding),
        })
      },
      onResponseData: (_controller, chunk) => body?.push(chunk),
      onResponseEnd() {
        done()
        body?.end()
      },
      onResponseError(_controller, error) {
        done()
        if (body === undefined) reject(signal.aborted ? signal.reason : toUpstreamError(error))
        else body.fail(toInterruption(error))
      },
    })
  })
}

function toDispatchOptions({ method, path, headers, body }: TransportRequest): Dispatcher.DispatchOptions {
  const isWhole = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  return { method, path, headers, body: isWhole ? (body ?? null) : toReadable(body) }
}

interface ReceivedBody {
  readonly stream: ByteStream
  push(chunk: Uint8Array): void
  end(): void
  fail(error: Error): void
}

/** Chunks that come before anyone reads are kept, up to a bound; afterwards each goes straight on. */
function createReceivedBody(controller: Dispatcher.DispatchController): ReceivedBody {
  let sink: ByteSink | undefined
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let ending: ((target: ByteSink) => void) | undefined
  let isCancelled = false
  let isOver = false

  function finish(how: (target: ByteSink) => void): void {
    isOver = true
    if (isCancelled) return
    if (sink === undefined) ending = how
    else how(sink)
  }

  return {
    push(chunk) {
      // Resumed in a microtask, undici delivers empty chunks without end.
      if (isCancelled || chunk.length === 0) return
      if (sink !== undefined) {
        if (!sink.write(chunk)) controller.pause()
        return
      }
      waiting.push(chunk)
      waitingBytes += chunk.length
      if (waitingBytes > unreadBytes) controller.pause()
    },
    end: () => finish((target) => target.end()),
    fail: (error) => finish((target) => target.fail(error)),
    stream: {
      start(target) {
        sink = target
        let accepts = true
        for (const chunk of waiting) accepts = target.write(chunk) && accepts
        waiting = []
        if (isCancelled) return
        if (ending !== undefined) ending(target)
        else if (accepts && controller.paused) controller.resume()
        else if (!accepts) controller.pause()
      },
      resume() {
        if (controller.paused) controller.resume()
      },
      cancel() {
        if (isCancelled) return
        isCancelled = true
        waiting = []
        // After its end the socket may already carry another request.
        if (!isOver && !controller.aborted) controller.abort(new Error('cancelled'))
      },
    },
  }
}

type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>

/** Nearly always: only repeated headers are lists. */
function isFlat(headers: ReceivedHeaders): headers is Readonly<Record<string, string>> {
  for (const name in headers) if (typeof headers[name] !== 'string') return false
  return true
}

function flatten(headers: ReceivedHeaders): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return flat
}
