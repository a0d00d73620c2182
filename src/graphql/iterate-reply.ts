import type { ByteSink, ByteStream } from '../core/byte-stream.ts'
import { toGatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../core/json.ts'
import { createReplyCollector, type Reply } from '../pipeline/collect-reply.ts'
import { createEventSplitter } from '../sse/split-events.ts'
import type { ReplyEvent } from './schema.generated.ts'
import { toUpstreamError } from './to-upstream-error.ts'

/** One reply on its way to a reader who asks for each event. */
interface Passage {
  readonly source: ByteStream
  readonly toLast: (reply: Reply) => ReplyEvent
  readonly events: ReplyEvent[]
  stage: 'new' | 'running' | 'paused' | 'over'
  /** Thrown once, after the events that came before it. */
  failure: Error | undefined
  /** Ends the wait of the reader. */
  wake: () => void
}

/**
 * The events of a chat stream, one for each piece of text, then the one that `toLast` makes. The stream waits while nobody asks.
 *
 * Written out, since a generator cannot be returned from while it waits: a reader who leaves would keep the provider busy until the next word.
 */
export function iterateReply(source: ByteStream, toLast: Passage['toLast']): AsyncIterableIterator<ReplyEvent> {
  const passage: Passage = { source, toLast, events: [], stage: 'new', failure: undefined, wake() {} }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => next(passage),
    async return() {
      leave(passage)
      return { done: true, value: undefined }
    },
  }
}

async function next(passage: Passage): Promise<IteratorResult<ReplyEvent>> {
  if (passage.stage === 'new') start(passage)
  for (;;) {
    const value = passage.events.shift()
    if (value !== undefined) return { done: false, value }
    if (passage.failure !== undefined) throw takeFailure(passage)
    if (passage.stage === 'over') return { done: true, value: undefined }
    await arrival(passage)
  }
}

function arrival(passage: Passage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  passage.wake = resolve
  if (passage.stage === 'paused') {
    passage.stage = 'running'
    passage.source.resume()
  }
  return promise
}

/** Whoever is thrown at asks no more. */
function takeFailure(passage: Passage): Error | undefined {
  const { failure } = passage
  passage.failure = undefined
  leave(passage)
  return failure
}

function leave(passage: Passage): void {
  if (passage.stage !== 'over') passage.source.cancel()
  passage.stage = 'over'
  passage.events.length = 0
  passage.wake()
}

function start(passage: Passage): void {
  passage.stage = 'running'
  const collector = createReplyCollector()
  const splitter = createEventSplitter((event) => {
    const data = event.hasData ? readData(event.bytes.subarray(event.start, event.end)) : undefined
    if (data !== undefined) see(passage, data)
    return false
  })
  const sink: ByteSink = {
    write(chunk) {
      if (passage.stage === 'over') return true
      collector.push(chunk)
      splitter.push(chunk)
      passage.wake()
      if (passage.events.length === 0) return true
      passage.stage = 'paused'
      return false
    },
    end() {
      if (passage.stage !== 'over' && passage.failure === undefined)
        passage.events.push(passage.toLast(collector.reply()))
      passage.stage = 'over'
      passage.wake()
    },
    fail(error) {
      if (passage.stage !== 'over') passage.failure ??= toGatewayError(error)
      passage.stage = 'over'
      passage.wake()
    },
  }
  passage.source.start(sink)
}

/** First choice only; an error ends what can be told. */
function see(passage: Passage, data: JsonObject): void {
  if (isJsonObject(data.error)) {
    passage.failure ??= toUpstreamError(data, undefined)
    return
  }
  const [choice]: unknown[] = Array.isArray(data.choices) ? data.choices : []
  const delta = isJsonObject(choice) && (choice.index ?? 0) === 0 ? choice.delta : undefined
  if (isJsonObject(delta) && typeof delta.content === 'string' && delta.content !== '') {
    passage.events.push({ delta: delta.content })
  }
}

const decoder = new TextDecoder()

function readData(bytes: Uint8Array): JsonObject | undefined {
  const line = /^data: ?(\{.*\})\s*$/m.exec(decoder.decode(bytes))
  return line?.[1] === undefined ? undefined : parseJsonObject(line[1])
}
