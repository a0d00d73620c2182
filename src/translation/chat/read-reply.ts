import { isJsonObject, type JsonObject, toOptionalString } from '../../core/json.ts'
import { StringBuilder } from '../../core/string-builder.ts'
import type { Usage } from '../../core/usage.ts'
import { chatCompletions } from '../../dialects/chat-completions.ts'
import { addUsage } from '../../dialects/stream-reader.ts'
import { readCost } from '../read-cost.ts'
import type { Block, Finish, ReplyEvent, ReplyReader } from '../reply.ts'
import type { Signature } from '../signature.ts'
import { formats } from './write-reply.ts'

/** Reads the chunks of chat completions. Source: https://platform.openai.com/docs/api-reference/chat-streaming */
export function createChatReader(): ReplyReader {
  let hasStarted = false
  let hasEnded = false
  let open: Block['kind'] | undefined
  let openCall = -1
  let hasCalls = false
  /** Parts of calls that arrive while another is open. Blocks follow each other, calls in chunks may alternate. */
  const waiting = new Map<number, WaitingCall>()
  let signature: Signature | undefined
  let finish: Finish | undefined
  let counts: Usage | undefined
  let cost: number | null | undefined
  let events: ReplyEvent[] = []
  let heldLength = 0

  function close(): void {
    if (open === undefined) return
    events.push({ kind: 'close', signature: open === 'reasoning' ? signature : undefined })
    if (open === 'reasoning') signature = undefined
    open = undefined
    openCall = -1
  }

  function addText(kind: 'text' | 'reasoning' | 'refusal', text: unknown, logprobs?: readonly JsonObject[]): void {
    if (typeof text !== 'string' || text === '') return
    if (open !== kind) {
      close()
      open = kind
      events.push({ kind: 'open', block: { kind } })
    }
    events.push({ kind: 'delta', text, logprobs })
  }

  function addCallPart(part: JsonObject, position: number): void {
    const index = typeof part.index === 'number' ? part.index : position
    const called = isJsonObject(part.function) ? part.function : {}
    const text = typeof called.arguments === 'string' ? called.arguments : ''
    if (index === openCall) {
      if (text !== '') events.push({ kind: 'delta', text })
      return
    }
    const known = waiting.get(index) ?? { id: '', name: '', input: new StringBuilder() }
    if (typeof part.id === 'string') known.id = part.id
    if (typeof called.name === 'string') known.name += called.name
    known.input.add(text)
    heldLength += callLength + text.length
    waiting.set(index, known)
    if (open !== 'tool-call') openNextCall()
  }

  /** Opens the first call that waits. */
  function openNextCall(): void {
    const [next] = [...waiting.keys()].sort((one, other) => one - other)
    const call = next === undefined ? undefined : waiting.get(next)
    if (next === undefined || call === undefined) return
    close()
    waiting.delete(next)
    if (waiting.size === 0) heldLength = 0
    open = 'tool-call'
    hasCalls = true
    openCall = next
    events.push({ kind: 'open', block: { kind: 'tool-call', id: call.id, name: call.name } })
    if (call.input.length > 0) events.push({ kind: 'delta', text: call.input.toString() })
  }

  function readMessage(message: JsonObject, logprobs: readonly JsonObject[] | undefined): void {
    addText('reasoning', message.reasoning_content ?? message.reasoning)
    if (Array.isArray(message.reasoning_details))
      for (const detail of message.reasoning_details) if (isJsonObject(detail)) addDetail(detail)
    addText('text', message.content, logprobs)
    addText('refusal', message.refusal, logprobs)
    if (Array.isArray(message.tool_calls))
      for (const [position, part] of message.tool_calls.entries()) if (isJsonObject(part)) addCallPart(part, position)
  }

  function addDetail(detail: JsonObject): void {
    const found = readReasoningDetail(detail)
    if (found === undefined) return
    if (open !== 'reasoning') {
      close()
      open = 'reasoning'
      events.push({ kind: 'open', block: { kind: 'reasoning' } })
    }
    signature = found
  }

  return {
    get heldLength() {
      return heldLength
    },
    read({ id, model, choices, usage }) {
      events = []
      if (!hasStarted) {
        hasStarted = true
        events.push({ kind: 'start', id: toOptionalString(id), model: toOptionalString(model) })
      }
      if (isJsonObject(usage)) {
        counts = addUsage(counts, chatCompletions.events.usageOf({ usage }))
        cost = readCost(usage, cost)
      }
      const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
      if (!isJsonObject(choice)) return events
      const message = choice.delta ?? choice.message
      if (isJsonObject(message)) readMessage(message, toLogprobs(choice.logprobs))
      if (typeof choice.finish_reason === 'string') finish = toFinish(choice.finish_reason)
      return events
    },
    end() {
      if (hasEnded || finish === undefined) return []
      hasEnded = true
      events = []
      while (waiting.size > 0) openNextCall()
      close()
      // Some servers finish a call with `stop`, and a client that looks for another reason would not run it.
      if (hasCalls && finish.reason === 'stop') finish = { ...finish, reason: 'tool-calls' }
      events.push({ kind: 'finish', finish, usage: counts && { counts, cost } })
      return events
    },
  }
}

interface WaitingCall {
  id: string
  name: string
  readonly input: StringBuilder
}

/** Characters of a part of a call without its arguments. */
const callLength = 64

function toFinish(raw: string): Finish {
  switch (raw) {
    case 'length':
      return { reason: 'length', raw }
    case 'tool_calls':
    case 'function_call':
      return { reason: 'tool-calls', raw }
    case 'content_filter':
      return { reason: 'filter', raw }
    default:
      return { reason: 'stop', raw }
  }
}

/** Reads a signature in OpenRouter's form; undefined for a detail without one. */
export function readReasoningDetail({ format, signature, data, id }: JsonObject): Signature | undefined {
  const dialect = Object.entries(formats).find(([, name]) => name === format)?.[0] as Signature['dialect'] | undefined
  const value = signature ?? data
  if (dialect === undefined || typeof value !== 'string') return undefined
  return {
    dialect,
    value,
    ...(typeof id === 'string' && { id }),
    ...(dialect === 'messages' && signature === undefined && { isRedacted: true }),
  }
}

function toLogprobs(logprobs: unknown): readonly JsonObject[] | undefined {
  const list = isJsonObject(logprobs) ? (logprobs.content ?? logprobs.refusal) : undefined
  return Array.isArray(list) ? list.filter(isJsonObject) : undefined
}
