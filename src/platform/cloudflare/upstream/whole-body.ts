import type { ByteSink, ByteStream } from '../../../core/byte-stream.ts'

/** Longer ones are not held twice, which taking them in one piece may do. */
const wholeBytes = 1024 * 1024

/** JSON is read whole in any case; in one piece, since each costs some 60 µs. All else begins to pass before it is here. */
export function isReadWhole(length: number | undefined, contentType: string | undefined | null): boolean {
  return length !== undefined && length <= wholeBytes && contentType?.startsWith('application/json') === true
}

/** A body in one piece. */
export class WholeBody implements ByteStream {
  readonly #holder: Request | Response
  readonly #toError: (cause: unknown) => Error
  #isCancelled = false

  /** `toError` puts what the body fails with into words. */
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

  /** It cannot be paused. */
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
