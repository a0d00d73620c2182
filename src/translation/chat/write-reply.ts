import type { JsonObject } from '../../core/json.ts'
import type { Block, Finish, ReplyContext, ReplyEvent, ReplyUsage, ReplyWriter } from '../reply.ts'
import type { Signature } from '../signature.ts'

/** Writes the chunks of chat completions. Source: https://platform.openai.com/docs/api-reference/chat-streaming */
export function createChatWriter(context: ReplyContext): ReplyWriter {
  let id = `chatcmpl-${context.id}`
  let model = context.model
  let open: Block['kind'] | undefined
  let callIndex = -1
  let reasoningIndex = -1

  function toChunk(delta: JsonObject, reason: string | null = null, others: JsonObject = {}): JsonObject {
    const choices = [{ index: 0, delta, finish_reason: reason, ...others }]
    return { id, object: 'chat.completion.chunk', created: context.now, model, choices }
  }

  function writeDelta({ text, logprobs }: Extract<ReplyEvent, { kind: 'delta' }>): JsonObject {
    const others = logprobs === undefined ? {} : { logprobs: { content: logprobs, refusal: null } }
    if (open === 'tool-call') return toChunk({ tool_calls: [{ index: callIndex, function: { arguments: text } }] })
    if (open === 'reasoning') return toChunk({ reasoning_content: text })
    return toChunk(open === 'refusal' ? { refusal: text } : { content: text }, null, others)
  }

  function writeOpen(block: Block): readonly JsonObject[] {
    open = block.kind
    if (block.kind === 'reasoning') reasoningIndex += 1
    if (block.kind !== 'tool-call') return []
    callIndex += 1
    const call = { name: block.name, arguments: '' }
    return [toChunk({ tool_calls: [{ index: callIndex, id: block.id, type: 'function', function: call }] })]
  }

  return {
    write(event) {
      switch (event.kind) {
        case 'delta':
          return [writeDelta(event)]
        case 'start':
          id = event.id ?? id
          model = event.model ?? model
          return [toChunk({ role: 'assistant', content: '' })]
        case 'open':
          return writeOpen(event.block)
        case 'close': {
          const { signature } = event
          return signature === undefined
            ? []
            : [toChunk({ reasoning_details: [toReasoningDetail(signature, reasoningIndex)] })]
        }
        case 'finish': {
          const end = toChunk({}, toFinishReason(event.finish))
          if (event.usage === undefined || !context.wantsUsage) return [end]
          return [end, { ...end, choices: [], usage: toChatUsage(event.usage) }]
        }
        case 'error':
          return []
      }
    },
  }
}

/**
 * The signature of reasoning in OpenRouter's form, which clients send back with the message.
 * Source: https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks
 */
function toReasoningDetail({ dialect, value, id, isRedacted }: Signature, index: number): JsonObject {
  const common = { index, format: formats[dialect], ...(id !== undefined && { id }) }
  if (dialect === 'messages' && isRedacted !== true) return { type: 'reasoning.text', signature: value, ...common }
  return { type: 'reasoning.encrypted', data: value, ...common }
}

export const formats: Readonly<Record<Signature['dialect'], string>> = {
  messages: 'anthropic-claude-v1',
  responses: 'openai-responses-v1',
  gemini: 'google-gemini-v1',
}

function toFinishReason({ reason }: Finish): string {
  switch (reason) {
    case 'length':
      return 'length'
    case 'tool-calls':
      return 'tool_calls'
    case 'filter':
      return 'content_filter'
    default:
      return 'stop'
  }
}

export function toChatUsage({ counts, cost }: ReplyUsage): JsonObject {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, audioInputTokens } = counts
  const { reasoningTokens, audioOutputTokens } = counts
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: {
      cached_tokens: cachedInputTokens ?? 0,
      ...(cacheWriteTokens !== undefined && { cache_write_tokens: cacheWriteTokens }),
      ...(audioInputTokens !== undefined && { audio_tokens: audioInputTokens }),
    },
    completion_tokens_details: {
      reasoning_tokens: reasoningTokens ?? 0,
      ...(audioOutputTokens !== undefined && { audio_tokens: audioOutputTokens }),
    },
    ...(cost !== undefined && { cost }),
  }
}
