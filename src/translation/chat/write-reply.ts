import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { StringBuilder } from '../../core/string-builder.ts'
import { toCustomInput } from '../custom-input.ts'
import type { Block, Finish, ReplyContext, ReplyEvent, ReplyUsage, ReplyWriter } from '../reply.ts'
import type { Signature } from '../signature.ts'

/** Writes the chunks of chat completions. Source: https://platform.openai.com/docs/api-reference/chat-streaming */
export function createChatWriter(context: ReplyContext): ReplyWriter {
  let id = `chatcmpl-${context.id}`
  let model = context.model
  const customNames = readCustomNames(context.request)
  let open: Block['kind'] | undefined
  /** The first text of the open call; all of it for a function that stands for a custom tool, which is held until its end. */
  let input = new StringBuilder()
  let call: 'function' | 'custom' | 'held' = 'function'
  let callIndex = -1
  let reasoningIndex = -1
  /** Gemini's signature of the block before. */
  let signed: string | undefined

  function toChunk(delta: JsonObject, reason: string | null = null, others: JsonObject = {}): JsonObject {
    const choices = [{ index: 0, delta, finish_reason: reason, ...others }]
    return { id, object: 'chat.completion.chunk', created: context.now, model, choices }
  }

  function toCallChunk(text: string): JsonObject {
    const added = call === 'function' ? { function: { arguments: text } } : { custom: { input: text } }
    return toChunk({ tool_calls: [{ index: callIndex, ...added }] })
  }

  function writeDelta({ text, logprobs }: Extract<ReplyEvent, { kind: 'delta' }>): readonly JsonObject[] {
    if (open === 'tool-call') {
      if (call === 'held' || input.length === 0) input.add(text)
      return call === 'held' ? [] : [toCallChunk(text)]
    }
    return [writeText(text, logprobs)]
  }

  function writeText(text: string, logprobs: readonly JsonObject[] | undefined): JsonObject {
    const others = logprobs === undefined ? {} : { logprobs: { content: logprobs, refusal: null } }
    if (open === 'reasoning') return toChunk({ reasoning_content: text })
    return toChunk(open === 'refusal' ? { refusal: text } : { content: text }, null, others)
  }

  function writeOpen(block: Block): readonly JsonObject[] {
    open = block.kind
    const ofCall = signed === undefined ? {} : toSignedCall(signed)
    signed = undefined
    if (block.kind === 'reasoning') reasoningIndex += 1
    if (block.kind !== 'tool-call') return []
    callIndex += 1
    input = new StringBuilder()
    const { id: callId, name, isCustom = false } = block
    call = isCustom ? 'custom' : customNames.has(name) ? 'held' : 'function'
    const started =
      call === 'function'
        ? { type: 'function', function: { name, arguments: '' } }
        : { type: 'custom', custom: { name, input: '' } }
    return [toChunk({ tool_calls: [{ index: callIndex, id: callId, ...started, ...ofCall }] })]
  }

  function writeClose(signature: Signature | undefined): readonly JsonObject[] {
    const isCall = open === 'tool-call'
    open = undefined
    if (isCall && call === 'held') return [toCallChunk(toCustomInput(input.toString()))]
    // Claude calls a tool without input with no text, and OpenAI's clients parse it.
    if (isCall && call === 'function' && input.length === 0) return [toCallChunk('{}')]
    if (signature === undefined) return []
    if (signature.dialect === 'gemini') signed = signature.value
    return [toChunk({ reasoning_details: [toReasoningDetail(signature, reasoningIndex)] })]
  }

  return {
    get heldLength() {
      return input.length
    },
    write(event) {
      switch (event.kind) {
        case 'delta':
          return writeDelta(event)
        case 'start':
          id = event.id ?? id
          model = event.model ?? model
          return [toChunk({ role: 'assistant', content: '' })]
        case 'open':
          return writeOpen(event.block)
        case 'close':
          return writeClose(event.signature)
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

/**
 * The signature of a call as Google's own chat completions have it, for clients that know only this form.
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures, read on 2026-11-30.
 */
function toSignedCall(signature: string): JsonObject {
  return { extra_content: { google: { thought_signature: signature } } }
}

export const formats: Readonly<Record<Signature['dialect'], string>> = {
  messages: 'anthropic-claude-v1',
  responses: 'openai-responses-v1',
  gemini: 'google-gemini-v1',
}

/** Returns the names of the request's custom tools. */
function readCustomNames({ tools }: JsonObject): ReadonlySet<unknown> {
  const customs = (Array.isArray(tools) ? tools : []).map((tool) => (isJsonObject(tool) ? tool.custom : undefined))
  return new Set(customs.filter(isJsonObject).map(({ name }) => name))
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
