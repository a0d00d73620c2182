import type { NewMessage } from '../../storage/session-store.ts'
import type { Call } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { requireStorage } from '../call/require-ports.ts'
import { pass, type Stage } from '../call/stage.ts'
import { createReplyCollector, type Reply } from '../stream/collect-reply.ts'
import { type Exchange, unknownSession } from './load-history.ts'

/**
 * Stores an exchange in its session: the caller's messages and the reply in one append, so both are stored or neither.
 * Rejects with GatewayError `session_not_found` if the session was deleted in the meantime, or `store_unavailable`.
 */
export async function storeExchange(exchange: Exchange, reply: Reply, call: Call, ports: Ports): Promise<void> {
  const { owner, sessionId, newMessages } = exchange
  const messages = [...newMessages, toMessage(reply, ports)]
  const now = ports.clock.now()
  const result = await requireStorage(ports).sessions.append(owner, sessionId, messages, { now })
  if (result.kind !== 'appended') throw unknownSession(sessionId)
  call.onStored?.(result.messages)
}

/**
 * Stores the exchange of a streamed reply. The event that completes the reply is held until the exchange is stored, so
 * a client that sees the end can send the next prompt at once; if it cannot be stored, the stream ends with an error.
 * The reply is stored as `incomplete` if it was interrupted, exceeds the stored maximum, or reached the limit lowered
 * by a budget. A stream without text stores nothing.
 */
export function createExchangeStage(exchange: Exchange, call: Call, ports: Ports, isLowered: () => boolean): Stage {
  const share = ports.buffers.open()
  const collector = createReplyCollector(share)
  let stored: Promise<void> | undefined

  function store(): Promise<void> {
    const reply = collector.reply()
    const isTruncated = isLowered() && collector.finishReason() === call.operation.dialect.outputLimit?.truncationReason
    stored = storeExchange(exchange, isTruncated ? { ...reply, isComplete: false } : reply, call, ports)
    call.defer(stored.catch(() => {}))
    return stored
  }

  return {
    onEvent(event) {
      if (stored !== undefined) return pass
      collector.see(event)
      return collector.isComplete() ? { kind: 'hold', until: store().then(() => pass) } : pass
    },
    onEnd() {
      const { content, toolCalls, refusal } = collector.reply()
      share.release()
      const hasContent = Boolean(content) || toolCalls.length > 0 || Boolean(refusal)
      return stored === undefined && hasContent ? store() : undefined
    },
  }
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
    // Providers refuse null content without tool calls or a refusal beside it.
    content: hasOthers ? content : (content ?? ''),
    status: isComplete ? 'complete' : 'incomplete',
    model,
    ...(hasOthers && { otherFields }),
  }
}
