import { isJsonObject, type JsonObject } from '../../src/core/json.ts'
import type { Script, UpstreamExchange } from '../support/upstream-exchange.ts'

/** What the model does in one turn, in no dialect. */
export type Turn =
  | { readonly kind: 'text'; readonly text: string; readonly deltas?: number }
  | { readonly kind: 'tool'; readonly call: ToolCall }
  /** 429 with `retry-after`. */
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number }
  /** Begins the text, and then sends nothing until the client disconnects. */
  | { readonly kind: 'stalled'; readonly text: string }

/** `code` is the input of a tool without a schema, which only Responses has. */
export type ToolCall = FunctionCall | CustomCall

export interface FunctionCall {
  readonly name: string
  readonly input: JsonObject
}

export interface CustomCall {
  readonly name: string
  readonly namespace: string
  readonly code: string
}

/** A provider of one wire format, played at its socket. */
export interface FakeModel {
  readonly name: string
  readonly dialect: 'messages' | 'responses' | 'chat' | 'gemini'
  /** The entry of `providers` in Weir's configuration, without the address. */
  readonly provider: { readonly kind: string; readonly api_key: string }
  /** Appended to the address of the upstream. */
  readonly basePath: string
  readonly model: string
  /** The id of its calls of tools, which returns with the result. */
  readonly callId: string
  play(turn: Turn, exchange: UpstreamExchange): Script
}

/** The tokens of every turn. The cached ones are part of the input. */
export const turnUsage = { input: 1_200, cached: 1_000, output: 42 }

/** USD per million tokens, in Weir's configuration: makers change those of the price table. */
export const prices = { input: 2, cached_input: 0.2, output: 10 }

/** The cost of `turnUsage` in USD: 200 × 2 + 1,000 × 0.2 + 42 × 10 millionths. */
export const turnCost = '0.00102'

/** The answer to an agent's calls beside its turns, such as that for a title. */
export const aside: Turn = { kind: 'text', text: 'A small task' }

/**
 * Returns true for a turn of the conversation: an agent offers its tools in no other request. For some models Codex
 * offers them in an item of the input.
 */
export function isTurn({ bodyJson: body }: Pick<UpstreamExchange, 'bodyJson'>): boolean {
  if (!isJsonObject(body)) return false
  const items = Array.isArray(body.input) ? body.input.filter(isJsonObject) : []
  return (Array.isArray(body.tools) && body.tools.length > 0) || items.some(({ type }) => type === 'additional_tools')
}

/** Returns the arguments of a call as a dialect without custom tools sends them. */
export function toArguments(call: ToolCall): JsonObject {
  return 'code' in call ? { input: call.code } : call.input
}

/** Splits a text into the deltas of a stream. */
export function toDeltas({ text, deltas = 2 }: { readonly text: string; readonly deltas?: number }): readonly string[] {
  const size = Math.max(1, Math.ceil(text.length / deltas))
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  )
}
