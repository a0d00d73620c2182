import { isJsonObject, type JsonObject, toOptionalString } from '../../core/json.ts'
import { StringBuilder } from '../../core/string-builder.ts'
import type { Usage } from '../../core/usage.ts'
import { messages } from '../../dialects/messages.ts'
import { addUsage } from '../../dialects/stream-reader.ts'
import { readCost } from '../read-cost.ts'
import type { Finish, ReplyEvent, ReplyReader } from '../reply.ts'
import { readSignatureText } from '../signature.ts'

/** Reads the events of Anthropic's Messages. Source: https://platform.claude.com/docs/en/build-with-claude/streaming */
export function createMessagesReader(): ReplyReader {
  let counts: Usage | undefined
  let cost: number | null | undefined
  let finish: Finish | undefined
  let signature: StringBuilder | undefined
  let isOpen = false
  let hasEnded = false

  function readBlock({ type, id, name, data }: JsonObject): readonly ReplyEvent[] {
    signature = undefined
    isOpen = true
    if (type === 'text') return [{ kind: 'open', block: { kind: 'text' } }]
    if (type === 'thinking') return [{ kind: 'open', block: { kind: 'reasoning' } }]
    if (type === 'tool_use')
      return [
        {
          kind: 'open',
          block: { kind: 'tool-call', id: toOptionalString(id) ?? '', name: toOptionalString(name) ?? '' },
        },
      ]
    isOpen = false
    if (type !== 'redacted_thinking') return []
    return [
      { kind: 'open', block: { kind: 'reasoning' } },
      { kind: 'close', signature: { dialect: 'messages', value: toOptionalString(data) ?? '', isRedacted: true } },
    ]
  }

  function readDelta({ text, thinking, partial_json: json, signature: part }: JsonObject): readonly ReplyEvent[] {
    if (typeof part === 'string') {
      signature ??= new StringBuilder()
      signature.add(part)
    }
    const added = text ?? thinking ?? json
    return isOpen && typeof added === 'string' && added !== '' ? [{ kind: 'delta', text: added }] : nothing
  }

  function closeBlock(): readonly ReplyEvent[] {
    if (!isOpen) return nothing
    isOpen = false
    return [{ kind: 'close', signature: signature && readSignatureText(signature.toString(), 'messages') }]
  }

  return {
    get heldLength() {
      return signature?.length ?? 0
    },
    read(data) {
      const { type, message, content_block: block, delta, usage } = data
      if (type === 'content_block_delta') return isJsonObject(delta) ? readDelta(delta) : nothing
      counts = addUsage(counts, messages.events.usageOf(data))
      const known = isJsonObject(usage)
        ? usage
        : isJsonObject(message) && isJsonObject(message.usage)
          ? message.usage
          : {}
      cost = readCost(known, cost)
      if (type === 'message_start' && isJsonObject(message)) {
        const { id, model } = message
        return [{ kind: 'start', id: toOptionalString(id), model: toOptionalString(model), usage: counts }]
      }
      if (type === 'content_block_start') return isJsonObject(block) ? readBlock(block) : nothing
      if (type === 'content_block_stop') return closeBlock()
      if (type === 'message_delta' && isJsonObject(delta)) finish = toFinish(delta) ?? finish
      return nothing
    },
    end() {
      if (hasEnded || finish === undefined) return nothing
      hasEnded = true
      return [...closeBlock(), { kind: 'finish', finish, usage: counts && { counts, cost } }]
    },
  }
}

const nothing: readonly ReplyEvent[] = []

/** Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
const reasons = new Map<string, Finish['reason']>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop-sequence'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  ['pause_turn', 'pause'],
  ['refusal', 'filter'],
])

function toFinish({ stop_reason: raw, stop_sequence: sequence }: JsonObject): Finish | undefined {
  if (typeof raw !== 'string') return undefined
  return { reason: reasons.get(raw) ?? 'stop', raw, ...(typeof sequence === 'string' && { stopSequence: sequence }) }
}
