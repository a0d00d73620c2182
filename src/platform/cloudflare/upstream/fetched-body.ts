import type { ByteSink, ByteStream } from '../../../core/byte-stream.ts'

/**
 * Interval between two reads of the copy of an offloaded stream. Each read costs as much as forwarding a chunk would.
 */
const pollMs = 2_000

/** The same interval while the copy may hold more than the last read returned. */
const busyPollMs = 100

/** Size of one read. Small for slow streams, because the buffer is allocated in advance. */
const readBytes = { min: 4 * 1024, max: 64 * 1024 }

interface NativePipe {
  readonly stop: AbortController
  /** Resolves, and never rejects, once the target is writable again. */
  readonly ended: Promise<void>
  hasEnded: boolean
}

/**
 * A response body of workerd as a {@link ByteStream}. Each chunk that passes through JavaScript costs about 60 µs, so a
 * sink may offload the rest to a native pipe of workerd (docs/decisions/0012).
 */
export class FetchedBody implements ByteStream {
  readonly #body: ReadableStream<Uint8Array> | null
  readonly #signal: AbortSignal
  readonly #toError: (cause: unknown) => Error
  #reader: ReadableStreamBYOBReader | undefined
  #size = readBytes.min
  #pipe: NativePipe | undefined
  /** True while a stopped native pipe may still be forwarding a chunk. */
  #isStopping = false
  #wake: () => void = () => {}
  #isReading = false
  #isCancelled = false
  #hasEnded = false
  #pumping: Promise<void> = Promise.resolve()

  /** `signal` is the signal of the `fetch`; `toError` converts failures of the body. */
  constructor(body: ReadableStream<Uint8Array> | null, signal: AbortSignal, toError: (cause: unknown) => Error) {
    this.#body = body
    this.#signal = signal
    this.#toError = toError
    this.#reader = body?.getReader({ mode: 'byob' })
  }

  start(sink: ByteSink): void {
    this.#pumping = this.#pump(sink).catch((error: unknown) => {
      this.#hasEnded = true
      if (!this.#isCancelled) sink.fail(this.#toError(error))
    })
  }

  resume(): void {
    this.#wake()
  }

  cancel(reason?: unknown): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#wake()
    // A body that ended by itself must still reach its target.
    if (!this.#hasEnded) this.#pipe?.stop.abort(reason)
    this.#reader?.cancel(reason).catch(() => {})
  }

  /** Returns true if the body can be offloaded. Not during a read, because its chunk could be lost. */
  isOffloadable(): boolean {
    return this.#pipe === undefined && !this.#isReading && !this.#isCancelled && !this.#hasEnded
  }

  /**
   * Pipes the rest of the body to `target` natively. Call it only if {@link isOffloadable} is true and no writer of
   * `target` is held. The promise resolves, and never rejects, when the pipe ends: at the end of the body, after a
   * failure of either side, or after `release`.
   */
  offloadTo(target: WritableStream<Uint8Array>): Promise<void> {
    if (this.#body === null) return Promise.resolve()
    this.#reader?.releaseLock()
    const [copy, piped] = this.#body.tee()
    this.#reader = copy.getReader({ mode: 'byob' })
    const stop = new AbortController()
    const onEnd = () => {
      pipe.hasEnded = true
      this.#wake()
    }
    // The target must stay open, so the sink can still report that the rest is missing.
    const options = { preventClose: true, preventAbort: true, signal: stop.signal }
    const ended = piped.pipeTo(target, options).then(onEnd, onEnd)
    const pipe: NativePipe = { stop, ended, hasEnded: false }
    this.#pipe = pipe
    return ended
  }

  /** Stops the native pipe, unless the body has ended: its buffered rest must still reach the target. */
  release(): void {
    if (this.#pipe === undefined || this.#pipe.hasEnded || this.#hasEnded) return
    this.#isStopping = true
    void this.#pipe.ended.then(() => setTimeout(() => this.#stopped(), 0))
    this.#pipe.stop.abort()
  }

  /**
   * Reads the rest of the copy of an offloaded stream, up to the failure, after its `fetch` was aborted. Undefined if
   * the `fetch` was not aborted or nothing was offloaded.
   */
  readLastCopy(): Promise<void> | undefined {
    if (this.#pipe === undefined || !this.#signal.aborted) return undefined
    this.#wake()
    return this.#pumping
  }

  #stopped(): void {
    this.#isStopping = false
  }

  /** Reads to the end, with backpressure from the sink. */
  async #pump(sink: ByteSink): Promise<void> {
    for (let chunk = await this.#read(); !this.#isCancelled; chunk = await this.#read()) {
      if (chunk === undefined) {
        this.#hasEnded = true
        sink.end()
        return
      }
      // The pipe may have forwarded this chunk, and no chunk may be sent twice. This window lasts about a millisecond
      // after a pause.
      if (this.#isStopping) throw new Error('a chunk arrived while the native pipe was stopping')
      if (!sink.write(chunk)) await this.#waitForResume(undefined)
      await this.#throttle(chunk.length)
    }
  }

  /**
   * Reads the copy of an offloaded stream only at intervals. Always waits for a tick, in which the sink may offload the
   * rest.
   */
  async #throttle(length: number): Promise<void> {
    if (this.#pipe?.hasEnded === false) await this.#waitForResume(length < this.#size ? pollMs : busyPollMs)
    this.#fit(length)
  }

  async #read(): Promise<Uint8Array | undefined> {
    this.#isReading = true
    const result = await this.#reader?.read(new Uint8Array(this.#size))
    this.#isReading = false
    return result?.done === false ? result.value : undefined
  }

  #fit(length: number): void {
    if (length === this.#size) this.#size = Math.min(readBytes.max, this.#size * 4)
    else if (length < this.#size / 8) this.#size = readBytes.min
  }

  /** Waits for `resume`, at most `limitMs` milliseconds. */
  #waitForResume(limitMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = limitMs === undefined ? undefined : setTimeout(() => this.#wake(), limitMs)
      this.#wake = () => {
        this.#wake = () => {}
        if (timer !== undefined) clearTimeout(timer)
        resolve()
      }
    })
  }
}
