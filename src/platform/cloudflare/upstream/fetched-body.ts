import type { ByteSink, ByteStream } from '../../../core/byte-stream.ts'

/** How often the copy of a carried stream is looked at. Each look costs as much as passing a chunk on would. */
const lookEveryMs = 2_000

/** The same while there may be more of it than was read. */
const lookAgainMs = 100

/** What is read at once: little while little comes, since the memory for it is taken beforehand. */
const readBytes = { least: 4 * 1024, most: 64 * 1024 }

interface NativePipe {
  readonly stop: AbortController
  /** Settles, and never rejects, once the target may be written to again. */
  readonly over: Promise<void>
  isOver: boolean
}

/**
 * A body of workerd's in Weir's terms. Each chunk that passes through JavaScript costs some 60 µs, so that a sink may have the rest of it
 * carried by workerd alone (docs/decisions/0012).
 */
export class FetchedBody implements ByteStream {
  readonly #body: ReadableStream<Uint8Array> | null
  readonly #signal: AbortSignal
  readonly #toError: (cause: unknown) => Error
  #reader: ReadableStreamBYOBReader | undefined
  #size = readBytes.least
  #carriage: NativePipe | undefined
  /** The carrying was ended in the midst of the stream, and it is not yet sure what has passed. */
  #isUnsure = false
  #goOn: () => void = () => {}
  #isReading = false
  #isCancelled = false
  #hasEnded = false
  #pumping: Promise<void> = Promise.resolve()

  /** `signal` is that of the `fetch`; `toError` puts what the body fails with into words. */
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
    this.#goOn()
  }

  cancel(reason?: unknown): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#goOn()
    // Of what has ended by itself, the rest still goes to its target.
    if (!this.#hasEnded) this.#carriage?.stop.abort(reason)
    this.#reader?.cancel(reason).catch(() => {})
  }

  /** Where a chunk is awaited already, that could be lost. */
  isOffloadable(): boolean {
    return this.#carriage === undefined && !this.#isReading && !this.#isCancelled && !this.#hasEnded
  }

  /**
   * Has workerd itself carry what follows to `target`, of which nobody may hold the writer. To be called where it can be carried. The
   * promise settles, and never rejects, once that is over: at the end, where either side has failed, or after `release`.
   */
  offloadTo(target: WritableStream<Uint8Array>): Promise<void> {
    if (this.#body === null) return Promise.resolve()
    this.#reader?.releaseLock()
    const [mine, theirs] = this.#body.tee()
    this.#reader = mine.getReader({ mode: 'byob' })
    const stop = new AbortController()
    const settle = () => {
      carriage.isOver = true
      this.#goOn()
    }
    // Only if it stays open can it still be told that the rest is missing.
    const options = { preventClose: true, preventAbort: true, signal: stop.signal }
    const over = theirs.pipeTo(target, options).then(settle, settle)
    const carriage: NativePipe = { stop, over, isOver: false }
    this.#carriage = carriage
    return over
  }

  /** Ends the carrying, unless the body itself has ended: what workerd holds still goes to its target then. */
  release(): void {
    if (this.#carriage === undefined || this.#carriage.isOver || this.#hasEnded) return
    this.#isUnsure = true
    void this.#carriage.over.then(() => setTimeout(() => this.#becomeSure(), 0))
    this.#carriage.stop.abort()
  }

  /**
   * Reads what is left of the copy of a carried stream whose `fetch` was aborted, up to its failure. Undefined where it goes on, or all has been
   * seen.
   */
  readLastCopy(): Promise<void> | undefined {
    if (this.#carriage === undefined || !this.#signal.aborted) return undefined
    this.#goOn()
    return this.#pumping
  }

  #becomeSure(): void {
    this.#isUnsure = false
  }

  /** Reads until the end; each chunk is waited for, and so is a sink that is full. */
  async #pump(sink: ByteSink): Promise<void> {
    for (let chunk = await this.#read(); !this.#isCancelled; chunk = await this.#read()) {
      if (chunk === undefined) {
        this.#hasEnded = true
        sink.end()
        return
      }
      // It may have passed already, or not, and nothing may come twice. This is a matter of a millisecond, after a silence.
      if (this.#isUnsure) throw new Error('a chunk came in the moment in which the carrying ended')
      if (!sink.write(chunk)) await this.#resumed(undefined)
      await this.#lookLater(chunk.length)
    }
  }

  /** A copy of what is carried is read from time to time. A turn passes in any case, in which a sink may think of having the rest carried. */
  async #lookLater(length: number): Promise<void> {
    if (this.#carriage?.isOver === false) await this.#resumed(length < this.#size ? lookEveryMs : lookAgainMs)
    this.#fit(length)
  }

  async #read(): Promise<Uint8Array | undefined> {
    this.#isReading = true
    const result = await this.#reader?.read(new Uint8Array(this.#size))
    this.#isReading = false
    return result?.done === false ? result.value : undefined
  }

  #fit(length: number): void {
    if (length === this.#size) this.#size = Math.min(readBytes.most, this.#size * 4)
    else if (length < this.#size / 8) this.#size = readBytes.least
  }

  /** Waits for `resume`, or so many milliseconds. */
  #resumed(limitMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = limitMs === undefined ? undefined : setTimeout(() => this.#goOn(), limitMs)
      this.#goOn = () => {
        this.#goOn = () => {}
        if (timer !== undefined) clearTimeout(timer)
        resolve()
      }
    })
  }
}
