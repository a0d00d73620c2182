import type { BufferShare } from '../core/buffers.ts'
import type { ByteSink, ByteStream } from '../core/byte-stream.ts'
import { toGatewayError } from '../core/errors.ts'
import { toOpenAIError } from '../dialects/openai-format.ts'
import { pass, type Stage, type StreamEnd, type Verdict } from '../pipeline/call/stage.ts'
import { createReplyCollector, type Reply, type ReplyCollector } from '../pipeline/stream/collect-reply.ts'
import type { EventView } from '../sse/split-events.ts'
import { toUpstreamError } from './errors.ts'
import type { ReplyEvent } from './schema.generated.ts'

/**
 * Iterates over a chat stream on demand: one event per text delta, then the event that `toLast` creates. It receives
 * the events as a stage of the stream. It is also the sink of the bytes, only to pause the stream while no event is
 * requested.
 *
 * A generator cannot return while it waits, so a client that disconnects would keep the provider busy until the next
 * token.
 */
export class ReplyReader implements Stage, ByteSink, AsyncIterableIterator<ReplyEvent> {
  readonly #toLast: (reply: Reply) => ReplyEvent
  readonly #share: BufferShare
  readonly #collector: ReplyCollector
  #events: ReplyEvent[] = []
  #source: ByteStream | undefined = undefined
  #isPaused = false
  #isOver = false
  #isCancelled = false
  /** Thrown once, after all earlier events. */
  #failure: Error | undefined = undefined
  /** Resumes a waiting `next`. */
  #wake = () => {}

  /** Buffered bytes count against `share`. */
  constructor(toLast: (reply: Reply) => ReplyEvent, share: BufferShare) {
    this.#toLast = toLast
    this.#share = share
    this.#collector = createReplyCollector(share)
  }

  /** Starts the stream whose events this stage receives. */
  read(source: ByteStream): void {
    if (this.#isCancelled) {
      source.cancel()
      return
    }
    this.#source = source
    source.start(this)
  }

  /** Ends with a reply that was not streamed. */
  finish(reply: Reply): void {
    this.#events.push({ delta: reply.content ?? '' }, this.#toLast(reply))
    this.#close()
  }

  onEvent(event: EventView): Verdict {
    const { text, failure } = this.#collector.see(event)
    if (failure !== undefined) this.#failure ??= toUpstreamError(failure, undefined)
    else if (text !== '' && this.#failure === undefined) this.#events.push({ delta: text })
    return pass
  }

  onEnd({ error }: StreamEnd): undefined {
    if (error !== undefined) this.#failure ??= toUpstreamError({ ...toOpenAIError(error) }, undefined)
  }

  write(): boolean {
    this.#wake()
    // Only `next` ends a pause: once `write` has returned false, the source waits for `resume`.
    if (this.#events.length > 0) this.#isPaused = true
    return this.#isCancelled || !this.#isPaused
  }

  end(): void {
    if (this.#failure === undefined && !this.#isOver) this.#events.push(this.#toLast(this.#collector.reply()))
    this.#close()
  }

  fail(error: unknown): void {
    if (!this.#isOver) this.#failure ??= error instanceof Error ? error : toGatewayError(error)
    this.#close()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<ReplyEvent>> {
    for (;;) {
      const value = this.#events.shift()
      if (value !== undefined) return { done: false, value }
      if (this.#failure !== undefined) {
        const failure = this.#failure
        this.#cancel()
        throw failure
      }
      if (this.#isOver) return { done: true, value: undefined }
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      if (this.#isPaused) {
        this.#isPaused = false
        this.#source?.resume()
      }
      await woken
    }
  }

  async return(): Promise<IteratorResult<ReplyEvent>> {
    this.#cancel()
    return { done: true, value: undefined }
  }

  #close(): void {
    this.#isOver = true
    this.#share.release()
    this.#wake()
  }

  #cancel(): void {
    if (!this.#isOver) this.#source?.cancel()
    this.#isCancelled = true
    this.#events = []
    this.#failure = undefined
    this.#close()
  }
}
