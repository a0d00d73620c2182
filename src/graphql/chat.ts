import { GatewayError } from '../core/errors.ts'
import { type GatewayResponse, isByteStream } from '../core/gateway-response.ts'
import { operations } from '../dialects/operations.ts'
import { toLegacyChatRequest } from '../openai/legacy-requests.ts'
import { type Reply, readWholeReply } from '../pipeline/stream/collect-reply.ts'
import { withinHoldTime } from '../pipeline/stream/hold-headers.ts'
import type { Message as StoredMessage } from '../storage/session-store.ts'
import { type CallPlan, readAnswer, toJsonBody } from './calls.ts'
import type { GraphqlContext } from './graphql-context.ts'
import { ReplyReader } from './reply-reader.ts'
import type { ChatInput, Message, ReplyEvent } from './schema.generated.ts'
import { toMessage } from './sessions.ts'

/** A model's whole reply. */
export async function askModel(input: ChatInput, context: GraphqlContext): Promise<Message> {
  const stored: StoredMessage[] = []
  const answer = await context.run({
    ...toPlan(input, false),
    onStored: (messages) => void stored.push(...messages),
  })
  return toReplyMessage(readReply(answer), stored.at(-1), context)
}

/**
 * A model's reply as it comes; the last event has the whole message. Rejects where the provider refuses the call within
 * `streams.hold_headers_ms`; a later error is thrown by the iterator.
 */
export async function streamReply(input: ChatInput, context: GraphqlContext): Promise<AsyncIterable<ReplyEvent>> {
  const stored: StoredMessage[] = []
  const toLast = (reply: Reply) => ({ delta: '', message: toReplyMessage(reply, stored.at(-1), context) })
  const reader = new ReplyReader(toLast, context.ports.buffers.open())
  const pending = context.run({
    ...toPlan(input, true),
    stages: [reader],
    onStored: (messages) => void stored.push(...messages),
  })
  const answer = await withinHoldTime(pending, context.ports)
  if (answer !== undefined) take(answer, reader)
  else pending.then((late) => take(late, reader)).catch((error: unknown) => reader.fail(error))
  return reader
}

function take(answer: GatewayResponse, reader: ReplyReader): void {
  if (isByteStream(answer.body)) reader.read(answer.body)
  // Some servers answer whole whatever is asked.
  else reader.finish(readReply(answer))
}

/** A question as the call that the old proxy would have made of it. */
function toPlan({ sessionId, ...fields }: ChatInput, isStream: boolean): CallPlan {
  const body = toJsonBody({ ...fields, ...(isStream && { stream: true }) })
  return {
    operation: operations['chat.completions'],
    body: toLegacyChatRequest(body),
    sessionId: sessionId ?? undefined,
  }
}

function readReply(answer: GatewayResponse): Reply {
  const reply = readWholeReply(readAnswer(answer))
  if (reply !== undefined) return reply
  throw new GatewayError('upstream_invalid_answer', 'The provider answered 200 with no message.')
}

/** A reply as its session stored it; one of no session gets its id here. */
function toReplyMessage(reply: Reply, stored: StoredMessage | undefined, { ports }: GraphqlContext): Message {
  if (stored !== undefined) return toMessage(stored)
  const { content, toolCalls, refusal, model, isComplete } = reply
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
