import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import { concat } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'

/** Enough for a first event that holds no picture. */
const maxPeekedBytes = 64 * 1_024

/**
 * A body whose beginning is read before the rest has a reader. Nothing is lost: `start` gives the beginning first. The source is paused in
 * between.
 */
export class PeekedBody implements ByteStream, ByteSink {
  readonly #source: ByteStream
  readonly #isEnough: (beginning: Uint8Array) => boolean
  readonly #peeked = Promise.withResolvers<Uint8Array>()
  readonly #stopTimer: () => void
  #chunks: Uint8Array[] = []
  #length = 0
  #isPeeked = false
  #sink: ByteSink | undefined = undefined
  #hasEnded = false
  #failure: { readonly error: unknown } | undefined = undefined
  #isCancelled = false

  /** Reads until `isEnough`, the end, 64 KiB, or for `maxWaitMs`. */
  constructor(source: ByteStream, isEnough: (beginning: Uint8Array) => boolean, maxWaitMs: number, clock: Clock) {
    this.#source = source
    this.#isEnough = isEnough
    this.#stopTimer = clock.after(maxWaitMs, () => this.#settle())
    source.start(this)
  }

  /** The beginning, empty where nothing came in time. Rejects if the body fails before enough of it has come. */
  get beginning(): Promise<Uint8Array> {
    return this.#peeked.promise
  }

  /** The body ended within its beginning. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  start(sink: ByteSink): void {
    this.#sink = sink
    if (this.#isCancelled) return
    const beginning = this.#take()
    const accepts = beginning === undefined || sink.write(beginning)
    if (this.#failure !== undefined) sink.fail(this.#failure.error)
    else if (this.#hasEnded) sink.end()
    else if (accepts) this.#source.resume()
  }

  resume(): void {
    this.#source.resume()
  }

  cancel(reason?: unknown): void {
    this.#isCancelled = true
    this.#chunks = []
    this.#settle()
    this.#source.cancel(reason)
  }

  write(chunk: Uint8Array): boolean {
    if (this.#sink !== undefined) return this.#sink.write(chunk)
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (!this.#isPeeked && (this.#length >= maxPeekedBytes || this.#isEnough(this.#join()))) this.#settle()
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
      this.#isPeeked = true
      this.#stopTimer()
      this.#peeked.reject(error)
    }
  }

  #settle(): void {
    if (this.#isPeeked) return
    this.#isPeeked = true
    this.#stopTimer()
    this.#peeked.resolve(this.#join())
  }

  #join(): Uint8Array {
    const joined = concat(this.#chunks, this.#length)
    if (this.#chunks.length > 1) this.#chunks = [joined]
    return joined
  }

  #take(): Uint8Array | undefined {
    const beginning = this.#length === 0 ? undefined : this.#join()
    this.#chunks = []
    this.#length = 0
    return beginning
  }
}
