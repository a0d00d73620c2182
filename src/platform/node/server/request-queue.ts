import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BufferShare, Buffers } from '../../../core/buffers.ts'

interface WaitingRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** From so many on, nothing more is read of their connection. A program that sends ahead has ten or twenty under way. */
const mostWaiting = 100
/** What `node:http` holds for a request that waits, beside its body: 1.1 to 1.7 KiB were measured, with short headers. */
const requestBytes = 4_096
/** `node:http` reads so much of a body that nobody takes. */
const unreadBodyBytes = 65_536

/** The requests of one connection that have come before the one ahead of them was answered. Their bytes count in `buffers`. */
export class RequestQueue {
  readonly #share: BufferShare
  readonly #waiting: WaitingRequest[] = []
  #hasPaused = false

  constructor(buffers: Buffers) {
    this.#share = buffers.open()
  }

  get length(): number {
    return this.#waiting.length
  }

  /** False, and it is not taken, where there is no room. */
  add(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#share.take(measure(request))) return false
    this.#waiting.push({ request, response })
    if (this.#waiting.length >= mostWaiting && !this.#hasPaused) {
      this.#hasPaused = true
      // Not at once: `node:http` resumes its socket after each request, in a tick.
      queueMicrotask(() => request.socket.pause())
    }
    return true
  }

  /** The first of them. */
  take(): WaitingRequest | undefined {
    const next = this.#waiting.shift()
    if (next === undefined) return undefined
    this.#share.resize(this.#share.bytes - measure(next.request))
    if (this.#hasPaused && this.#waiting.length < mostWaiting) {
      this.#hasPaused = false
      next.request.socket.resume()
    }
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
