import type { Reply } from '../pipeline/stream/collect-reply.ts'
import type { GraphqlContext } from './graphql-context.ts'
import type { Message } from './schema.generated.ts'
import { toMessage } from './to-message.ts'

/** A model's reply that no session keeps. */
export function toReplyMessage(
  { content, toolCalls, refusal, model, isComplete }: Reply,
  { ports }: GraphqlContext,
): Message {
  return toMessage({
    id: `msg_${ports.secrets.randomHex(16)}`,
    role: 'assistant',
    content,
    otherFields: {
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
      ...(refusal !== undefined && { refusal }),
    },
    status: isComplete ? 'complete' : 'incomplete',
    model,
    createdAt: ports.clock.now(),
  })
}
