import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'

/** Enough for a first event without an image. */
const maxPeekedBytes = 64 * 1_024

const nothing = new Uint8Array()

/**
 * A body whose beginning is read before the rest has a consumer. Nothing is lost: `start` writes the beginning first.
 * The source is paused in between.
 */
export class PeekedBody implements ByteStream, ByteSink {
  readonly #source: ByteStream
  readonly #maxBytes: number
  #isEnough: (beginning: Uint8Array, isLate: boolean) => boolean
  readonly #peeked = Promise.withResolvers<void>()
  #stopTimer: () => void
  /** The beginning; has spare capacity if it arrived in several chunks. */
  #bytes: Uint8Array = nothing
  #length = 0
  /** Chunks that arrived in the same tick as the end of the beginning, or before the source noticed the pause. */
  #extra: Uint8Array[] = []
  #isLate = false
  #isPeeked = false
  #sink: ByteSink | undefined = undefined
  #hasEnded = false
  #failure: { readonly error: unknown } | undefined = undefined
  #isCancelled = false
  #acceptsMore = false

  /**
   * Reads until `isEnough` returns true, the end, or `maxBytes`. `isEnough` runs once for each chunk, and once more
   * after `wait`; from then on `isLate` is true, and it may accept less.
   */
  constructor(
    source: ByteStream,
    isEnough: (beginning: Uint8Array, isLate: boolean) => boolean,
    wait?: { readonly ms: number; readonly clock: Clock },
    maxBytes = maxPeekedBytes,
  ) {
    this.#source = source
    this.#maxBytes = maxBytes
    this.#isEnough = isEnough
    this.#stopTimer =
      wait?.clock.after(wait.ms, () => {
        this.#isLate = true
        if (isEnough(this.#beginning(), true)) this.#finish()
      }) ?? (() => {})
    source.start(this)
  }

  /** Resolves to the beginning. Rejects if the body fails before enough has arrived. */
  get beginning(): Promise<Uint8Array> {
    return this.#peeked.promise.then(() => this.#beginning())
  }

  /** True if the body ended within its beginning. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  start(sink: ByteSink): void {
    this.#acceptsMore = true
    for (const chunk of this.#take()) {
      if (this.#isCancelled) return
      // Set to full first: a resume() from within write() must not be lost.
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
    // The source waits until all chunks held here are written; otherwise it would push more in between.
    if (this.#sink === undefined) this.#acceptsMore = true
    else this.#source.resume()
  }

  cancel(reason?: unknown): void {
    this.#isCancelled = true
    this.#take()
    this.#finish()
    this.#source.cancel(reason)
  }

  write(chunk: Uint8Array): boolean {
    if (this.#sink !== undefined) return this.#sink.write(chunk)
    if (this.#isPeeked) {
      this.#extra.push(chunk)
      return false
    }
    this.#append(chunk)
    if (this.#isEnough(this.#beginning(), this.#isLate) || this.#length >= this.#maxBytes) this.#finish()
    return !this.#isPeeked
  }

  end(): void {
    this.#hasEnded = true
    if (this.#sink !== undefined) this.#sink.end()
    else this.#finish()
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

  #finish(): void {
    if (this.#isPeeked) return
    this.#stopPeeking()
    this.#peeked.resolve()
  }

  /** Drops both functions: they reference the beginning, which would stay in memory as long as the rest is read. */
  #stopPeeking(): void {
    this.#isPeeked = true
    this.#stopTimer()
    this.#stopTimer = () => {}
    this.#isEnough = () => true
  }

  /** Doubles the capacity, so each byte is copied at most twice on average, however small the chunks. */
  #append(chunk: Uint8Array): void {
    const total = this.#length + chunk.length
    if (this.#length === 0) {
      this.#bytes = chunk
    } else {
      if (total > this.#bytes.length) {
        const current = this.#beginning()
        this.#bytes = new Uint8Array(Math.max(total, 2 * this.#bytes.length))
        this.#bytes.set(current)
      }
      this.#bytes.set(chunk, this.#length)
    }
    this.#length = total
  }

  #beginning(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #take(): readonly Uint8Array[] {
    const extra = this.#extra
    if (this.#length > 0) extra.unshift(this.#beginning())
    this.#bytes = nothing
    this.#length = 0
    this.#extra = []
    return extra
  }
}
