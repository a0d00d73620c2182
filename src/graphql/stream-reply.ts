import { type Answer, isByteStream } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import { readWholeReply } from '../pipeline/stream/collect-reply.ts'
import { withinHoldTime } from '../pipeline/stream/hold-headers.ts'
import type { Message as StoredMessage } from '../storage/session-store.ts'
import type { GraphqlContext } from './graphql-context.ts'
import { readAnswer } from './read-answer.ts'
import { ReplyReader } from './reply-reader.ts'
import type { ChatInput, ReplyEvent } from './schema.generated.ts'
import { toChatPlan } from './to-chat-plan.ts'
import { toMessage } from './to-message.ts'
import { toReplyMessage } from './to-reply-message.ts'

/**
 * A model's reply as it comes; the last event has the whole message. Rejects where the provider refuses the call within
 * `streams.hold_headers_ms`; a later error is thrown by the iterator.
 */
export async function streamReply(input: ChatInput, context: GraphqlContext): Promise<AsyncIterable<ReplyEvent>> {
  let stored: StoredMessage | undefined
  const reader = new ReplyReader((reply) => {
    const message = stored === undefined ? toReplyMessage(reply, context) : toMessage(stored)
    return { delta: '', message }
  })
  const pending = context.run({
    ...toChatPlan(input, true),
    stages: [reader],
    onStored: (messages) => {
      stored = messages.at(-1)
    },
  })
  const answer = await withinHoldTime(pending, context.ports)
  if (answer !== undefined) take(answer, reader)
  else pending.then((late) => take(late, reader)).catch((error: unknown) => reader.fail(error))
  return reader
}

function take(answer: Answer, reader: ReplyReader): void {
  if (isByteStream(answer.body)) {
    reader.read(answer.body)
    return
  }
  // Some servers answer whole whatever is asked.
  const reply = readWholeReply(readAnswer(answer))
  if (reply === undefined)
    throw new GatewayError('upstream_invalid_answer', 'The provider answered 200 with no message.')
  reader.finish(reply)
}
