import { isByteStream } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import { readWholeReply } from '../pipeline/collect-reply.ts'
import type { Message as StoredMessage } from '../storage/storage.ts'
import type { GraphqlContext } from './graphql-context.ts'
import { iterateReply } from './iterate-reply.ts'
import { readAnswer } from './read-answer.ts'
import type { ChatInput, Message, ReplyEvent } from './schema.generated.ts'
import { toChatPlan } from './to-chat-plan.ts'
import { toMessage } from './to-message.ts'
import { toReplyMessage } from './to-reply-message.ts'

/**
 * A model's reply as it comes; the last event has the whole message. Rejects where the provider refuses the call; an error on the way is
 * thrown by the iterator.
 */
export async function streamReply(input: ChatInput, context: GraphqlContext): Promise<AsyncIterable<ReplyEvent>> {
  const kept: StoredMessage[] = []
  const answer = await context.run({
    ...toChatPlan(input, true),
    onKept: (messages) => void kept.push(...messages.slice(-1)),
  })
  const toLast = (otherwise: () => Message): ReplyEvent => {
    const [message] = kept
    return { delta: '', message: message === undefined ? otherwise() : toMessage(message) }
  }
  if (isByteStream(answer.body)) {
    return iterateReply(answer.body, (reply) => toLast(() => toReplyMessage(reply, context)))
  }
  // Some servers answer whole whatever is asked.
  const reply = readWholeReply(readAnswer(answer))
  if (reply === undefined)
    throw new GatewayError('upstream_invalid_answer', 'The provider answered 200 with no message.')
  return iterate([{ delta: reply.content ?? '' }, toLast(() => toReplyMessage(reply, context))])
}

async function* iterate(events: readonly ReplyEvent[]): AsyncGenerator<ReplyEvent> {
  yield* events
}
