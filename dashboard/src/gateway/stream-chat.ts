import { callGateway, type Gateway } from './call-gateway.ts'
import { type ChatChunk, readChatChunk } from './read-chat-chunk.ts'
import { readEvents } from './read-events.ts'
import { RequestFailure } from './request-failure.ts'

export interface ChatMessage {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
}

/** Yields the chunks of a reply. Ends normally only if the reply is complete; throws RequestFailure otherwise. */
export async function* streamChat(
  gateway: Gateway,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<ChatChunk, void, void> {
  const body = { ...request, stream: true, stream_options: { include_usage: true } }
  const response = await callGateway(gateway, '/chat/completions', { body, signal })
  if (!response.body) throw new RequestFailure('unreadable')
  // Some models cannot stream, and return the whole reply at once.
  if (response.headers.get('content-type')?.includes('application/json'))
    return yield readChatChunk(await response.text())

  let isComplete = false
  for await (const data of readEvents(response.body)) {
    if (data === '[DONE]') return
    const chunk = readChatChunk(data)
    isComplete ||= chunk.finishReason !== undefined
    yield chunk
  }
  if (!isComplete) throw new RequestFailure('interrupted')
}
