import type { ByteSink, ByteStream } from '../../../core/byte-stream.ts'

/** Maximum size of a body that is read whole, because that may hold the body in memory twice. */
const wholeBytes = 1024 * 1024

/**
 * Returns true for small JSON bodies: each chunk costs about 60 µs, and JSON is parsed whole anyway. All else streams.
 */
export function isReadWhole(length: number | undefined, contentType: string | undefined | null): boolean {
  return length !== undefined && length <= wholeBytes && contentType?.startsWith('application/json') === true
}

/** A body that arrives in one chunk. */
export class WholeBody implements ByteStream {
  readonly #holder: Request | Response
  readonly #toError: (cause: unknown) => Error
  #isCancelled = false

  /** `toError` converts failures of the body. */
  constructor(holder: Request | Response, toError: (cause: unknown) => Error) {
    this.#holder = holder
    this.#toError = toError
  }

  start(sink: ByteSink): void {
    if (this.#isCancelled) return
    this.#holder.arrayBuffer().then(
      (bytes) => this.#push(new Uint8Array(bytes), sink),
      (error: unknown) => {
        if (!this.#isCancelled) sink.fail(this.#toError(error))
      },
    )
  }

  /** Does nothing, because one chunk cannot be paused. */
  resume(): void {}

  cancel(reason?: unknown): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    if (!this.#holder.bodyUsed) this.#holder.body?.cancel(reason).catch(() => {})
  }

  #push(bytes: Uint8Array, sink: ByteSink): void {
    if (this.#isCancelled) return
    if (bytes.length > 0) sink.write(bytes)
    if (!this.#isCancelled) sink.end()
  }
}
