import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'

/** Enough for a first event that holds no picture. */
const maxPeekedBytes = 64 * 1_024

const nothing = new Uint8Array()

/**
 * A body whose beginning is read before the rest has a reader. Nothing is lost: `start` gives the beginning first. The source is paused in
 * between.
 */
export class PeekedBody implements ByteStream, ByteSink {
  readonly #source: ByteStream
  #isEnough: (beginning: Uint8Array, isLate: boolean) => boolean
  readonly #peeked = Promise.withResolvers<void>()
  #stopTimer: () => void
  /** The beginning, with room for more where it came in several chunks. */
  #bytes: Uint8Array = nothing
  #length = 0
  /** Came in the same turn as the end of the beginning, or before the source took notice of the pause. */
  #further: Uint8Array[] = []
  #isLate = false
  #isPeeked = false
  #sink: ByteSink | undefined = undefined
  #hasEnded = false
  #failure: { readonly error: unknown } | undefined = undefined
  #isCancelled = false
  #acceptsMore = false

  /**
   * Reads until `isEnough`, the end or 64 KiB. It is asked once for each chunk, and once more after `wait`: less may do from then on, when `isLate`
   * is true.
   */
  constructor(
    source: ByteStream,
    isEnough: (beginning: Uint8Array, isLate: boolean) => boolean,
    wait?: { readonly ms: number; readonly clock: Clock },
  ) {
    this.#source = source
    this.#isEnough = isEnough
    this.#stopTimer =
      wait?.clock.after(wait.ms, () => {
        this.#isLate = true
        if (isEnough(this.#beginning(), true)) this.#settle()
      }) ?? (() => {})
    source.start(this)
  }

  /** The beginning. Rejects if the body fails before enough of it has come. */
  get beginning(): Promise<Uint8Array> {
    return this.#peeked.promise.then(() => this.#beginning())
  }

  /** The body ended within its beginning. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  start(sink: ByteSink): void {
    this.#acceptsMore = true
    for (const chunk of this.#take()) {
      if (this.#isCancelled) return
      // Full first: a resume() from within write() must not be lost.
      this.#acceptsMore = false
      if (sink.write(chunk)) this.#acceptsMore = true
    }
    if (this.#isCancelled) return
    this.#sink = sink
    if (this.#failure !== undefined) sink.fail(this.#failure.error)
    else if (this.#hasEnded) sink.end()
    else if (this.#acceptsMore) this.#source.resume()
  }

  resume(): void {
    // Until all that is here has gone on, the source would push more in between.
    if (this.#sink === undefined) this.#acceptsMore = true
    else this.#source.resume()
  }

  cancel(reason?: unknown): void {
    this.#isCancelled = true
    this.#take()
    this.#settle()
    this.#source.cancel(reason)
  }

  write(chunk: Uint8Array): boolean {
    if (this.#sink !== undefined) return this.#sink.write(chunk)
    if (this.#isPeeked) {
      this.#further.push(chunk)
      return false
    }
    this.#append(chunk)
    if (this.#isEnough(this.#beginning(), this.#isLate) || this.#length >= maxPeekedBytes) this.#settle()
    return !this.#isPeeked
  }

  end(): void {
    this.#hasEnded = true
    if (this.#sink !== undefined) this.#sink.end()
    else this.#settle()
  }

  fail(error: unknown): void {
    this.#failure = { error }
    if (this.#sink !== undefined) this.#sink.fail(error)
    else if (this.#isPeeked) return
    else {
      this.#stopPeeking()
      this.#peeked.reject(error)
    }
  }

  #settle(): void {
    if (this.#isPeeked) return
    this.#stopPeeking()
    this.#peeked.resolve()
  }

  /** Both functions know of the beginning, which would be held for as long as the rest takes. */
  #stopPeeking(): void {
    this.#isPeeked = true
    this.#stopTimer()
    this.#stopTimer = () => {}
    this.#isEnough = () => true
  }

  /** Room is doubled, so that each byte is copied twice at most on the average, however small the chunks are. */
  #append(chunk: Uint8Array): void {
    const total = this.#length + chunk.length
    if (this.#length === 0) {
      this.#bytes = chunk
    } else {
      if (total > this.#bytes.length) {
        const known = this.#beginning()
        this.#bytes = new Uint8Array(Math.max(total, 2 * this.#bytes.length))
        this.#bytes.set(known)
      }
      this.#bytes.set(chunk, this.#length)
    }
    this.#length = total
  }

  #beginning(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #take(): readonly Uint8Array[] {
    const further = this.#further
    if (this.#length > 0) further.unshift(this.#beginning())
    this.#bytes = nothing
    this.#length = 0
    this.#further = []
    return further
  }
}
