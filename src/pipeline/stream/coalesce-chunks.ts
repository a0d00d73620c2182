import { type ByteSink, type ByteStream, concat } from '../../core/byte-stream.ts'

/** Maximum bytes held back. */
const heldBytes = 64 * 1_024
/** A chunk of this length passes alone, so a full sink can report it before the source pushes another. */
const longBytes = 16 * 1_024

/**
 * Joins the chunks that a source pushes in one tick of the event loop. A burst has one chunk per event, and every step
 * to the socket costs per chunk. A lone chunk is not copied. The source learns at its next write that the sink is full.
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
    // Microtasks run after the code that reads the socket has pushed everything it read.
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

  /** Handles errors here, because no caller above could catch them. */
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
    // Set to full first: a resume() from within write() must not be lost.
    this.#isFull = true
    if (this.#sink?.write(joined) !== false) this.#isFull = false
  }
}
