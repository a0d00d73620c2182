import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BufferShare, Buffers } from '../../../core/buffers.ts'

interface WaitingRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Monotonic milliseconds. */
  readonly arrivedAt: number
}

/**
 * A program that sends ahead has ten or twenty requests under way. The socket of one that sends more is not paused: `node:http` would take a head that
 * stands half read for a slow one after 10 s, and would not see its caller leave.
 */
const maxWaiting = 256
/** `node:http` holds so much for a request that waits, beside its body: 1.1 to 1.7 KiB were measured, with short headers. */
const requestBytes = 2_048
/** As much of a body that is not taken yet is read. */
const unreadBodyBytes = 65_536

/** The requests of one connection that have come before the one ahead of them was answered. Their bytes count in `buffers`. */
export class RequestQueue {
  readonly #share: BufferShare
  readonly #waiting: WaitingRequest[] = []

  constructor(buffers: Buffers) {
    this.#share = buffers.open()
  }

  get length(): number {
    return this.#waiting.length
  }

  /** False, and it is not taken, where too many wait or there is no room. */
  add(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#waiting.length >= maxWaiting || !this.#share.take(measure(request))) return false
    this.#waiting.push({ request, response, arrivedAt: performance.now() })
    return true
  }

  /** The first of them. */
  take(): WaitingRequest | undefined {
    const next = this.#waiting.shift()
    if (next !== undefined) this.#share.resize(this.#share.bytes - measure(next.request))
    return next
  }

  /** Lets go of all of them. Returns their number. */
  clear(): number {
    this.#share.giveBack()
    return this.#waiting.splice(0).length
  }
}

/** The most that a request can hold while it waits. */
function measure({ headers }: IncomingMessage): number {
  const isChunked = headers['transfer-encoding'] !== undefined
  const bodyBytes = isChunked ? unreadBodyBytes : Number(headers['content-length'] ?? 0)
  return requestBytes + Math.min(bodyBytes, unreadBodyBytes)
}
