import { type ByteSink, type ByteStream, concat } from '../../core/byte-stream.ts'

/** The most that is held back, in bytes. */
const heldBytes = 64 * 1_024
/** A chunk of this length passes by itself: a sink that is full can then say so at once, before the source pushes another. */
const longBytes = 16 * 1_024

/**
 * Hands on in one piece what a source pushes in one turn of the event loop. A burst comes as one chunk an event, and every step from here to
 * the socket costs by the chunk. A chunk that comes alone is not copied. A sink's wish to pause is told at the source's next write.
 */
export function coalesceChunks(source: ByteStream): ByteStream {
  return new ChunkCoalescer(source)
}

class ChunkCoalescer implements ByteStream, ByteSink {
  readonly #source: ByteStream
  readonly #flush = () => this.#passOrFail()
  #sink: ByteSink | undefined = undefined
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #isFull = false
  #isCancelled = false

  constructor(source: ByteStream) {
    this.#source = source
  }

  start(sink: ByteSink): void {
    this.#sink = sink
    this.#source.start(this)
  }

  resume(): void {
    this.#isFull = false
    this.#source.resume()
  }

  cancel(reason?: unknown): void {
    this.#isCancelled = true
    this.#waiting = []
    this.#source.cancel(reason)
  }

  write(chunk: Uint8Array): boolean {
    if (chunk.length >= longBytes) this.#pass()
    if (this.#isCancelled) return true
    const isFirst = this.#waiting.length === 0
    if (isFirst) {
      this.#waiting = [chunk]
      this.#waitingBytes = chunk.length
    } else {
      this.#waiting.push(chunk)
      this.#waitingBytes += chunk.length
    }
    if (this.#waitingBytes >= heldBytes || chunk.length >= longBytes) this.#pass()
    // Microtasks run when the code that reads the socket is through with what it has read.
    else if (isFirst) void Promise.resolve().then(this.#flush)
    return !this.#isFull
  }

  end(): void {
    this.#pass()
    if (!this.#isCancelled) this.#sink?.end()
  }

  fail(error: unknown): void {
    this.#pass()
    if (!this.#isCancelled) this.#sink?.fail(error)
  }

  /** Nothing is above it that could catch. */
  #passOrFail(): void {
    try {
      this.#pass()
    } catch (error) {
      this.cancel(error)
      this.#sink?.fail(error)
    }
  }

  #pass(): void {
    if (this.#waiting.length === 0) return
    const joined = concat(this.#waiting, this.#waitingBytes)
    this.#waiting = []
    // Full first, so that a resume() from within write() is not lost.
    this.#isFull = true
    if (this.#sink?.write(joined) !== false) this.#isFull = false
  }
}
