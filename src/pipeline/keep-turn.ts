import { type Answer, isByteStream } from '../core/answer.ts'
import { type ByteSink, type ByteStream, wrapStream } from '../core/byte-stream.ts'
import { toGatewayError } from '../core/errors.ts'
import { toErrorEvent } from '../openai/error-event.ts'
import type { NewMessage } from '../storage/storage.ts'
import type { Call } from './call.ts'
import { createReplyCollector, type Reply, type ReplyCollector, readWholeReply } from './collect-reply.ts'
import { type Turn, unknownSession } from './open-turn.ts'
import type { Ports } from './ports.ts'
import { requireStorage } from './require-storage.ts'

/**
 * Keeps an exchange in its session: the caller's messages and the reply in one append, so that neither is there without the other.
 * A call without a word of an answer keeps nothing; an interrupted reply is kept as `incomplete`. A stream's last event is held until the
 * reply is kept, so that whoever has seen the end can ask the next question at once; where it cannot be kept, the stream ends in an error.
 */
export async function keepTurn(answer: Answer, turn: Turn, call: Call, ports: Ports): Promise<Answer> {
  if (answer.status !== 200) return answer
  const headers = { ...answer.headers, 'x-session-id': turn.sessionId }
  if (isByteStream(answer.body)) return { ...answer, headers, body: keepStream(answer.body, turn, call, ports) }
  const reply = readWholeReply(answer.body)
  if (reply !== undefined) await appendReply(turn, reply, call, ports)
  return { ...answer, headers }
}

/** Rejects with GatewayError `session_not_found` where the session was deleted meanwhile. */
async function appendReply(turn: Turn, reply: Reply, call: Call, ports: Ports): Promise<void> {
  const { owner, sessionId, newMessages } = turn
  const messages = [...newMessages, toMessage(reply, ports)]
  const now = ports.clock.now()
  const result = await requireStorage(ports).sessions.append(owner, sessionId, messages, { now })
  if (result.kind !== 'appended') throw unknownSession(sessionId)
  call.onKept?.(result.messages)
}

function toMessage({ content, toolCalls, refusal, model, isComplete }: Reply, { secrets }: Ports): NewMessage {
  const otherFields = {
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    ...(refusal !== undefined && { refusal }),
  }
  const hasOthers = Object.keys(otherFields).length > 0
  return {
    id: `msg_${secrets.randomHex(16)}`,
    role: 'assistant',
    // Providers refuse null where nothing stands beside it.
    content: hasOthers ? content : (content ?? ''),
    status: isComplete ? 'complete' : 'incomplete',
    model,
    ...(hasOthers && { otherFields }),
  }
}

/** A stream on its way to the caller. */
interface Passage {
  readonly source: ByteStream
  readonly collector: ReplyCollector
  /** Keeps the exchange; settles when that is done. */
  readonly append: () => Promise<void>
  readonly call: Call
  sink: ByteSink | undefined
  /** Everything passes until the reply is complete, waits until it is kept, and passes again. After `over` nothing does. */
  stage: 'passing' | 'keeping' | 'kept' | 'over'
  /** What waits, in order. A chunk's answer is that of `ByteSink.write`; after the end there is nothing to resume. */
  readonly held: (() => boolean)[]
}

function keepStream(source: ByteStream, turn: Turn, call: Call, ports: Ports): ByteStream {
  const collector = createReplyCollector()
  const append = async () => {
    const reply = collector.reply()
    if (hasWords(reply) || reply.isComplete) await appendReply(turn, reply, call, ports)
  }
  const passage: Passage = { source, collector, append, call, sink: undefined, stage: 'passing', held: [] }
  return wrapStream(source, {
    start(sink) {
      passage.sink = sink
      source.start({
        write: (chunk) => pass(passage, () => sink.write(chunk), chunk),
        end: () => finish(passage, () => sink.end()),
        fail: (error) => finish(passage, () => sink.fail(error)),
      })
    },
    cancel(reason) {
      if (passage.stage === 'passing') keep(passage)
      passage.stage = 'over'
      source.cancel(reason)
    },
  })
}

function hasWords({ content, toolCalls, refusal }: Reply): boolean {
  return Boolean(content) || toolCalls.length > 0 || Boolean(refusal)
}

function pass(passage: Passage, write: () => boolean, chunk: Uint8Array): boolean {
  if (passage.stage === 'over') return true
  if (passage.stage === 'kept') return write()
  if (passage.stage === 'passing' && !completes(passage.collector, chunk)) return write()
  passage.held.push(write)
  if (passage.stage === 'passing') keep(passage)
  return false
}

function completes(collector: ReplyCollector, chunk: Uint8Array): boolean {
  collector.push(chunk)
  return collector.isComplete()
}

function finish(passage: Passage, end: () => void): void {
  if (passage.stage === 'over') return
  passage.held.push(() => {
    passage.stage = 'over'
    end()
    return false
  })
  if (passage.stage === 'passing') keep(passage)
  if (passage.stage === 'kept') release(passage)
}

function keep(passage: Passage): void {
  passage.stage = 'keeping'
  const kept = passage.append().then(
    () => release(passage),
    (error: unknown) => breakOff(passage, error),
  )
  passage.call.defer(kept)
}

function release(passage: Passage): void {
  if (passage.stage === 'over') return
  passage.stage = 'kept'
  const accepts = passage.held.splice(0).map((action) => action())
  if (accepts.at(-1) === true) passage.source.resume()
}

/** What is left of the stream is dropped: its reader must not take for kept what is not. */
function breakOff(passage: Passage, error: unknown): void {
  if (passage.stage === 'over') return
  passage.stage = 'over'
  const known = toGatewayError(error)
  passage.call.trace.add({ errorCode: known.code })
  passage.sink?.write(toErrorEvent(known, passage.call.operation.stream))
  passage.sink?.end()
  passage.source.cancel(known)
}
