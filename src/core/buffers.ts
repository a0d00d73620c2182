import { GatewayError } from './errors.ts'

/** Shares up to this size may use the reserved last part too: small requests pass while large ones fill the rest. */
const smallBytes = 64 * 1_024
const largeShareRatio = 31 / 32

/** The other half of the limit is garbage that is not collected yet, as measured under the attacks of `test/faults`. */
const heldRatio = 1 / 2

/**
 * Accounts for all body bytes that a process holds, over all of its calls (S87, R08). Code that buffers bytes reserves
 * them here first and releases them later; without room it rejects the request or stops buffering.
 */
export class Buffers {
  readonly #limit: number
  #held = 0

  /** `maxBytes` is the maximum growth of the process in bytes. */
  constructor(maxBytes: number) {
    this.#limit = maxBytes * heldRatio
  }

  /** Maximum bytes of one share above 64 KiB, when no other share holds bytes. */
  get maxShareBytes(): number {
    return this.#limit * largeShareRatio
  }

  /** Bytes held by all shares together. */
  get heldBytes(): number {
    return this.#held
  }

  open(): BufferShare {
    return new BufferShare(this)
  }

  /**
   * Changes a share from one size to another. Returns false, and changes nothing, if there is no room for the growth.
   */
  move(from: number, to: number): boolean {
    const held = this.#held + to - from
    const limit = to <= smallBytes ? this.#limit : this.maxShareBytes
    if (to > from && held > limit) return false
    this.#held = held
    return true
  }
}

/** The bytes that one body or one stream holds. The owner releases them, however the call ends. */
export class BufferShare {
  readonly #buffers: Buffers
  #bytes = 0

  constructor(buffers: Buffers) {
    this.#buffers = buffers
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Returns false, and changes nothing, if there is no room. */
  resize(bytes: number): boolean {
    if (!this.#buffers.move(this.#bytes, bytes)) return false
    this.#bytes = bytes
    return true
  }

  take(bytes: number): boolean {
    return this.resize(this.#bytes + bytes)
  }

  /** Throws GatewayError `overloaded` if there is no room now, and `tooLarge` if the bytes can never fit. */
  require(bytes: number, tooLarge: () => Error = overloaded): void {
    if (this.resize(bytes)) return
    throw bytes > this.#buffers.maxShareBytes ? tooLarge() : overloaded()
  }

  /** Releases all bytes. Safe to call twice. */
  release(): void {
    this.#buffers.move(this.#bytes, 0)
    this.#bytes = 0
  }
}

/** The error for a body that does not fit now. */
export function overloaded(): GatewayError {
  return new GatewayError(
    'overloaded',
    'The memory for concurrent requests (`server.max_buffered_bytes`) is full. Send the request again in a moment.',
  )
}
