import { GatewayError } from '../core/errors.ts'
import { type GatewayResponse, isByteStream } from '../core/gateway-response.ts'
import { operations } from '../dialects/operations.ts'
import { toLegacyChatRequest } from '../openai/legacy-requests.ts'
import { type Reply, readWholeReply } from '../pipeline/stream/collect-reply.ts'
import { withinHoldTime } from '../pipeline/stream/hold-headers.ts'
import type { Message as StoredMessage } from '../storage/session-store.ts'
import { type CallPlan, readResponse, toJsonBody } from './calls.ts'
import type { GraphqlContext } from './graphql-context.ts'
import { ReplyReader } from './reply-reader.ts'
import type { ChatInput, Message, ReplyEvent } from './schema.generated.ts'
import { toMessage } from './sessions.ts'

/** Requests a model's complete reply. */
export async function requestReply(input: ChatInput, context: GraphqlContext): Promise<Message> {
  const stored: StoredMessage[] = []
  const response = await context.run({
    ...toPlan(input, false),
    onStored: (messages) => void stored.push(...messages),
  })
  return toReplyMessage(readReply(response), stored.at(-1), context)
}

/**
 * Streams a model's reply; the last event contains the complete message. Rejects if the provider refuses the call
 * within `streams.hold_headers_ms`; the iterator throws a later error.
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
  const response = await withinHoldTime(pending, context.ports)
  if (response !== undefined) readInto(reader, response)
  else pending.then((late) => readInto(reader, late)).catch((error: unknown) => reader.fail(error))
  return reader
}

function readInto(reader: ReplyReader, response: GatewayResponse): void {
  if (isByteStream(response.body)) reader.read(response.body)
  // Some servers ignore `stream: true` and return a complete reply.
  else reader.finish(readReply(response))
}

/** Converts an input to the call that the old proxy would send. */
function toPlan({ sessionId, ...fields }: ChatInput, isStream: boolean): CallPlan {
  const body = toJsonBody({ ...fields, ...(isStream && { stream: true }) })
  return {
    operation: operations['chat.completions'],
    body: toLegacyChatRequest(body),
    sessionId: sessionId ?? undefined,
  }
}

function readReply(response: GatewayResponse): Reply {
  const reply = readWholeReply(readResponse(response))
  if (reply !== undefined) return reply
  throw new GatewayError('upstream_invalid_answer', 'The provider returned status 200 without a message.')
}

/** Converts a reply, as stored in its session. A reply without a session gets an id here. */
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
