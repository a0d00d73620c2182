import type { BufferShare } from '../../core/buffers.ts'
import { toText } from '../../core/gateway-response.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.ts'
import { StringBuilder } from '../../core/string-builder.ts'
import { chatCompletions } from '../../dialects/chat-completions.ts'
import { JsonMeter } from '../../openai/scan-json.ts'
import { toEventData } from '../../sse/event-stream.ts'
import type { EventView } from '../../sse/split-events.ts'

/** The assistant's message, as far as received. */
export interface Reply {
  readonly content: string | null
  readonly toolCalls: readonly JsonObject[]
  /** The model's text when it refuses; its content is null then. */
  readonly refusal: string | undefined
  readonly model: string | undefined
  /** True once the provider sent a finish reason or `[DONE]`, and the reply did not exceed the stored maximum. */
  readonly isComplete: boolean
}

/** Assembles the message from the events of a chat stream; first choice only. */
export interface ReplyCollector {
  /** Returns the text that the event adds, or the error that it reports. */
  see(event: EventView): ReplyPart
  /** True once the provider sent a finish reason or `[DONE]`. */
  isComplete(): boolean
  /** Undefined until the provider sends one. */
  finishReason(): string | undefined
  reply(): Reply
}

/** The part of a reply that one event adds. */
export interface ReplyPart {
  readonly text: string
  /** The event's data, if it reports an error. */
  readonly failure: JsonObject | undefined
}

const nothing: ReplyPart = { text: '', failure: undefined }

/** Twice the longest reply of a model: 128,000 tokens at two bytes a character. The rest is not stored (case D5). */
const maxBytes = 2 * 1_048_576

/** A longer event is measured before it is parsed. */
const shortBytes = 64 * 1_024
/** Maximum weight of an event in `JsonMeter`'s units: no reply has so many values in one. */
const maxWeight = 50_000

const decoder = new TextDecoder()

/** The stored text counts in `share`, which its owner releases. */
export function createReplyCollector(share: BufferShare): ReplyCollector {
  const toolCalls: MutableToolCall[] = []
  let content: StringBuilder | undefined
  let refusal: StringBuilder | undefined
  let storedBytes = 0
  let isTruncated = false
  let model: string | undefined
  let finishReason: string | undefined
  let hasFinished = false
  let hasFailed = false

  function seeChunk(data: JsonObject): ReplyPart {
    const failure = chatCompletions.events.isError(data) ? data : undefined
    if (failure !== undefined) hasFailed = true
    if (typeof data.model === 'string') model = data.model
    const choice = firstChoice(data)
    if (typeof choice?.finish_reason === 'string') {
      finishReason = choice.finish_reason
      hasFinished = true
    }
    const delta = isJsonObject(choice?.delta) ? choice.delta : {}
    const text = typeof delta.content === 'string' ? delta.content : ''
    const parts: readonly unknown[] = Array.isArray(delta.tool_calls) ? delta.tool_calls : []
    // A character takes at most two bytes.
    storedBytes +=
      2 *
      parts.reduce<number>(
        (sum, part) => sum + lengthOf(part),
        text.length + (typeof delta.refusal === 'string' ? delta.refusal.length : 0),
      )
    isTruncated ||= storedBytes > maxBytes || !share.resize(storedBytes)
    if (isTruncated) return { text, failure }
    if (typeof delta.content === 'string') content = addText(content, delta.content)
    if (typeof delta.refusal === 'string') refusal = addText(refusal, delta.refusal)
    for (const part of parts) addToolCall(toolCalls, part)
    return { text, failure }
  }

  const isComplete = () => hasFinished && !hasFailed
  return {
    see(event) {
      if (!event.hasData) return nothing
      if (event.end - event.start > maxBytes) {
        isTruncated = true
        return nothing
      }
      const text = toEventData(decoder.decode(event.bytes.subarray(event.start, event.end)))
      if (text.length > shortBytes && weigh(text) > maxWeight) {
        isTruncated = true
        return nothing
      }
      const data = parseJsonObject(text)
      if (data !== undefined) return seeChunk(data)
      if (text.trimStart().startsWith('[DONE]')) hasFinished = true
      return nothing
    },
    isComplete,
    finishReason: () => finishReason,
    reply: () => ({
      content: content?.toString() ?? null,
      toolCalls: toolCalls.filter(Boolean).map(toToolCall),
      refusal: refusal?.toString(),
      model,
      isComplete: isComplete() && !isTruncated,
    }),
  }
}

function weigh(text: string): number {
  const meter = new JsonMeter()
  meter.push(text)
  return meter.weight
}

function addText(known: StringBuilder | undefined, text: string): StringBuilder {
  const pieces = known ?? new StringBuilder()
  pieces.add(text)
  return pieces
}

/** With `n`, each event holds one of the choices in turn. */
function firstChoice({ choices }: JsonObject): JsonObject | undefined {
  if (!Array.isArray(choices)) return undefined
  return choices.filter(isJsonObject).find(({ index }) => index === 0 || index === undefined)
}

interface MutableToolCall {
  id: string
  name: string
  readonly arguments: StringBuilder
}

/**
 * Adds a part of a tool call: id and name first, then its arguments.
 * Source: https://platform.openai.com/docs/api-reference/chat-streaming
 */
function addToolCall(calls: MutableToolCall[], part: unknown): void {
  if (!isJsonObject(part)) return
  const index = typeof part.index === 'number' && part.index >= 0 && part.index < 128 ? part.index : calls.length
  // More calls than any provider sends.
  if (index >= 128) return
  calls[index] ??= { id: '', name: '', arguments: new StringBuilder() }
  const call = calls[index]
  const piece = isJsonObject(part.function) ? part.function : {}
  if (typeof part.id === 'string') call.id = part.id
  if (typeof piece.name === 'string') call.name += piece.name
  if (typeof piece.arguments === 'string') call.arguments.add(piece.arguments)
}

function lengthOf(part: unknown): number {
  const piece = isJsonObject(part) && isJsonObject(part.function) ? part.function : {}
  return [piece.name, piece.arguments].reduce<number>(
    (sum, text) => sum + (typeof text === 'string' ? text.length : 0),
    0,
  )
}

function toToolCall(call: MutableToolCall): JsonObject {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments.toString() } }
}

/** Reads the reply of a whole response; undefined if it contains no message. */
export function readWholeReply(body: string | Uint8Array): Reply | undefined {
  const value = parseJsonObject(toText(body))
  const message = value && firstChoice(value)?.message
  if (!isJsonObject(message)) return undefined
  return {
    content: typeof message.content === 'string' ? message.content : null,
    toolCalls: Array.isArray(message.tool_calls) ? message.tool_calls.filter(isJsonObject) : [],
    refusal: typeof message.refusal === 'string' ? message.refusal : undefined,
    model: typeof value?.model === 'string' ? value.model : undefined,
    isComplete: true,
  }
}
