import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BufferShare, Buffers } from '../../../core/buffers.ts'

interface QueuedRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Monotonic milliseconds. */
  readonly arrivedAt: number
}

/**
 * Maximum queue length; clients that pipeline keep ten or twenty requests in flight. Pausing the socket instead does
 * not work: `node:http` would time out a half-read head after 10 s, and would not notice a disconnect.
 */
const maxQueued = 256
/** Memory that `node:http` holds per queued request, without its body. Measured with short headers: 1.1 to 1.7 KiB. */
const requestBytes = 2_048
/** Maximum that is read of a body before the app requests it. */
const unreadBodyBytes = 65_536

/**
 * The pipelined requests of one connection, which wait for the response before them. Their bytes count in `buffers`.
 */
export class RequestQueue {
  readonly #share: BufferShare
  readonly #queued: QueuedRequest[] = []

  constructor(buffers: Buffers) {
    this.#share = buffers.open()
  }

  get length(): number {
    return this.#queued.length
  }

  /** Adds a request. Returns false and adds nothing if the queue is full or there is no room in `buffers`. */
  add(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#queued.length >= maxQueued || !this.#share.take(measure(request))) return false
    this.#queued.push({ request, response, arrivedAt: performance.now() })
    return true
  }

  /** Removes and returns the first request. */
  take(): QueuedRequest | undefined {
    const next = this.#queued.shift()
    if (next !== undefined) this.#share.resize(this.#share.bytes - measure(next.request))
    return next
  }

  /** Removes all requests and returns their number. */
  clear(): number {
    this.#share.release()
    return this.#queued.splice(0).length
  }
}

/** Returns the maximum memory of a queued request. */
function measure({ headers }: IncomingMessage): number {
  const isChunked = headers['transfer-encoding'] !== undefined
  const bodyBytes = isChunked ? unreadBodyBytes : Number(headers['content-length'] ?? 0)
  return requestBytes + Math.min(bodyBytes, unreadBodyBytes)
}
