import { GatewayError } from './errors.ts'

/** Up to this length a share takes of the last part too: small calls pass while large ones fill the rest. */
const smallBytes = 64 * 1_024
const partForAll = 31 / 32

/** As much again is memory that nobody holds any more and that the garbage collector has not yet found: measured under the attacks of `test/faults`. */
const partHeld = 1 / 2

/**
 * The one account of the bytes that a process holds of bodies, of all its calls together (S87, R08). Whatever keeps bytes takes them here first and
 * gives them back; where there is no room it refuses, or stops keeping.
 */
export class Buffers {
  readonly #limit: number
  #held = 0

  /** `maxBytes` is how much the process may grow. */
  constructor(maxBytes: number) {
    this.#limit = maxBytes * partHeld
  }

  /** The most that one share above 64 KiB can have, when nothing else is held. */
  get maxShareBytes(): number {
    return this.#limit * partForAll
  }

  /** Of all shares together. */
  get heldBytes(): number {
    return this.#held
  }

  open(): BufferShare {
    return new BufferShare(this)
  }

  /** Moves a share from one size to another. False, and nothing has changed, where there is no room for its growth. */
  move(from: number, to: number): boolean {
    const held = this.#held + to - from
    const limit = to <= smallBytes ? this.#limit : this.maxShareBytes
    if (to > from && held > limit) return false
    this.#held = held
    return true
  }
}

/** The bytes that one body or one stream holds. Its owner gives them back however the call ends. */
export class BufferShare {
  readonly #buffers: Buffers
  #bytes = 0

  constructor(buffers: Buffers) {
    this.#buffers = buffers
  }

  get bytes(): number {
    return this.#bytes
  }

  /** False, and nothing has changed, where there is no room. */
  resize(bytes: number): boolean {
    if (!this.#buffers.move(this.#bytes, bytes)) return false
    this.#bytes = bytes
    return true
  }

  take(bytes: number): boolean {
    return this.resize(this.#bytes + bytes)
  }

  /** Throws GatewayError `overloaded` where there is no room, and `tooLarge` where there never will be. */
  require(bytes: number, tooLarge: () => Error = overloaded): void {
    if (this.resize(bytes)) return
    throw bytes > this.#buffers.maxShareBytes ? tooLarge() : overloaded()
  }

  /** Gives everything back. May be called twice. */
  giveBack(): void {
    this.#buffers.move(this.#bytes, 0)
    this.#bytes = 0
  }
}

/** There is no room for a body, now. */
export function overloaded(): GatewayError {
  return new GatewayError(
    'overloaded',
    'This server holds as many bytes of other calls as it may (`server.max_buffered_bytes`). Send the call again in a moment.',
  )
}
