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
 * The events of a chat stream for a reader who asks for each: one for each piece of text, then the one that `toLast` makes. It sees the events
 * as a stage of the stream, and is the sink of its bytes, which it needs only to pause the stream while it is not asked.
 *
 * Not a generator, since that cannot be returned from while it waits: a reader who leaves would keep the provider busy until the next word.
 */
export class ReplyReader implements Stage, ByteSink, AsyncIterableIterator<ReplyEvent> {
  readonly #toLast: (reply: Reply) => ReplyEvent
  readonly #share: BufferShare
  readonly #collector: ReplyCollector
  #events: ReplyEvent[] = []
  #source: ByteStream | undefined = undefined
  #isPaused = false
  #isOver = false
  #hasLeft = false
  /** Thrown once, after the events that came before it. */
  #failure: Error | undefined = undefined
  /** Ends the wait of the reader. */
  #wake = () => {}

  /** The bytes that it keeps count in `share`. */
  constructor(toLast: (reply: Reply) => ReplyEvent, share: BufferShare) {
    this.#toLast = toLast
    this.#share = share
    this.#collector = createReplyCollector(share)
  }

  /** Reads a stream of which this is a stage. */
  read(source: ByteStream): void {
    if (this.#hasLeft) {
      source.cancel()
      return
    }
    this.#source = source
    source.start(this)
  }

  /** Ends with a reply that came whole. */
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
    // Only `next` ends a pause: the source may have been told of it by now, and waits for `resume` whatever is answered later.
    if (this.#events.length > 0) this.#isPaused = true
    return this.#hasLeft || !this.#isPaused
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
        this.#leave()
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
    this.#leave()
    return { done: true, value: undefined }
  }

  #close(): void {
    this.#isOver = true
    this.#share.giveBack()
    this.#wake()
  }

  #leave(): void {
    if (!this.#isOver) this.#source?.cancel()
    this.#hasLeft = true
    this.#events = []
    this.#failure = undefined
    this.#close()
  }
}
