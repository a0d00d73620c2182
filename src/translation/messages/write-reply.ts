import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Block, Finish, ReplyContext, ReplyEvent, ReplyUsage, ReplyWriter } from '../reply.ts'
import { toSignatureText } from '../signature.ts'

/** Writes the events of Anthropic's Messages. Source: https://platform.claude.com/docs/en/build-with-claude/streaming */
export function createMessagesWriter(context: ReplyContext): ReplyWriter {
  let index = -1
  let open: Block['kind'] | undefined

  return {
    write(event: ReplyEvent): readonly JsonObject[] {
      switch (event.kind) {
        case 'delta':
          return [{ type: 'content_block_delta', index, delta: toDelta(open, event.text) }]
        case 'start':
          return [{ type: 'message_start', message: toMessage(event, context) }]
        case 'open':
          index += 1
          open = event.block.kind
          return [{ type: 'content_block_start', index, content_block: toBlock(event.block) }]
        case 'close': {
          const signature = event.signature && toSignatureText(event.signature, 'messages')
          const stop = { type: 'content_block_stop', index }
          if (open !== 'reasoning' || signature === undefined) return [stop]
          return [{ type: 'content_block_delta', index, delta: { type: 'signature_delta', signature } }, stop]
        }
        case 'finish': {
          const { finish, usage } = event
          const delta = { stop_reason: toStopReason(finish), stop_sequence: finish.stopSequence ?? null }
          return [{ type: 'message_delta', delta, usage: toUsage(usage) }, { type: 'message_stop' }]
        }
        case 'error':
          return []
      }
    },
  }
}

function toMessage({ id, model, usage }: Extract<ReplyEvent, { kind: 'start' }>, context: ReplyContext): JsonObject {
  return {
    id: id ?? `msg_${context.id}`,
    type: 'message',
    role: 'assistant',
    model: model ?? context.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: toUsage(usage && { counts: usage }),
  }
}

function toBlock(block: Block): JsonObject {
  if (block.kind === 'tool-call') return { type: 'tool_use', id: block.id, name: block.name, input: {} }
  if (block.kind === 'reasoning') return { type: 'thinking', thinking: '', signature: '' }
  return { type: 'text', text: '' }
}

function toDelta(open: Block['kind'] | undefined, text: string): JsonObject {
  if (open === 'tool-call') return { type: 'input_json_delta', partial_json: text }
  return open === 'reasoning' ? { type: 'thinking_delta', thinking: text } : { type: 'text_delta', text }
}

/** Anthropic counts cached tokens beside the input, not within it. */
function toUsage(usage: ReplyUsage | undefined): JsonObject {
  const { counts = noCounts, cost } = usage ?? {}
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 } = counts
  const { longCacheWriteTokens, reasoningTokens } = counts
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedInputTokens,
    output_tokens: outputTokens,
    ...(longCacheWriteTokens !== undefined && {
      cache_creation: {
        ephemeral_5m_input_tokens: cacheWriteTokens - longCacheWriteTokens,
        ephemeral_1h_input_tokens: longCacheWriteTokens,
      },
    }),
    ...(reasoningTokens !== undefined && { output_tokens_details: { thinking_tokens: reasoningTokens } }),
    ...(cost !== undefined && { cost }),
  }
}

const noCounts: Usage = { inputTokens: 0, outputTokens: 0 }

function toStopReason({ reason, stopSequence }: Finish): string {
  switch (reason) {
    case 'stop':
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence'
    case 'stop-sequence':
      return 'stop_sequence'
    case 'length':
      return 'max_tokens'
    case 'tool-calls':
      return 'tool_use'
    case 'filter':
      return 'refusal'
    case 'pause':
      return 'pause_turn'
  }
}
