import { GatewayError } from '../core/errors.ts'
import { readWholeReply } from '../pipeline/stream/collect-reply.ts'
import type { Message as StoredMessage } from '../storage/session-store.ts'
import type { GraphqlContext } from './graphql-context.ts'
import { readAnswer } from './read-answer.ts'
import type { ChatInput, Message } from './schema.generated.ts'
import { toChatPlan } from './to-chat-plan.ts'
import { toMessage } from './to-message.ts'
import { toReplyMessage } from './to-reply-message.ts'

/** A model's whole reply, as its session keeps it if there is one. */
export async function askModel(input: ChatInput, context: GraphqlContext): Promise<Message> {
  const kept: StoredMessage[] = []
  const answer = await context.run({
    ...toChatPlan(input, false),
    onStored: (messages) => void kept.push(...messages.slice(-1)),
  })
  const reply = readWholeReply(readAnswer(answer))
  if (reply === undefined) {
    throw new GatewayError('upstream_invalid_answer', 'The provider answered 200 with something else than a message.')
  }
  const [message] = kept
  return message === undefined ? toReplyMessage(reply, context) : toMessage(message)
}
