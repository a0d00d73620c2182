import type { NewMessage } from '../storage/session-store.ts'
import type { GraphqlContext } from './graphql-context.ts'
import type { Message, MessageInput } from './schema.generated.ts'
import { toMessage } from './to-message.ts'

/** Keeps a message in its session; without a session it is an echo. */
export async function sendMessage(
  { content, isUser, sessionId }: MessageInput,
  context: GraphqlContext,
): Promise<Message> {
  const { secrets, clock } = context.ports
  const message: NewMessage = {
    id: `msg_${secrets.randomHex(16)}`,
    role: isUser === false ? 'assistant' : 'user',
    content,
    status: 'complete',
  }
  if (sessionId === null || sessionId === undefined) return toMessage({ ...message, createdAt: clock.now() })
  const [kept] = await context.sessions().append(sessionId, [message])
  return toMessage(kept ?? { ...message, createdAt: clock.now() })
}
