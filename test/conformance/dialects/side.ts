import type { JsonObject } from '../../../src/core/json.ts'
import type { Script, UpstreamExchange } from '../../support/upstream-exchange.ts'

/** What a test asks, in no dialect. */
export interface Question {
  readonly system?: string
  /** Built by the side that asks. */
  readonly turns: readonly JsonObject[]
  /** Names of functions with one string, `city`. */
  readonly tools?: readonly string[]
  readonly schema?: JsonObject
}

/** What a provider answers, in no dialect. */
export interface Reply {
  readonly reasoning?: string
  readonly signature?: string
  readonly text?: string
  readonly calls?: readonly Call[]
  readonly finish: Finish
}

export type Finish = 'stop' | 'length' | 'tool-calls' | 'filter'

export interface Call {
  readonly id: string
  readonly name: string
  readonly input: JsonObject
}

/** What a function returned. */
export interface Result {
  readonly id: string
  readonly name: string
  readonly text: string
}

/** What a caller learns from an error of its SDK. */
export interface Failure {
  readonly status: number | undefined
  readonly message: string
  readonly type: string | undefined
  /** Seconds. */
  readonly retryAfter: number | undefined
}

/** Every reply of the scripted providers: 100 tokens of input, of which 20 were cached, and 7 of output. */
export const usage = { input: 100, cached: 20, output: 7 }

/** What the official SDK of the caller's dialect returned. */
export interface Answer {
  readonly reply: Reply
  readonly usage: typeof usage
  /** The reply as the caller sends it back. */
  readonly turns: readonly JsonObject[]
}

/** What reached the provider. */
export interface Seen {
  readonly system: string
  /** The role and the text of each message that has text. */
  readonly texts: readonly (readonly [role: string, text: string])[]
  readonly images: readonly string[]
  readonly tools: readonly string[]
  readonly schema: unknown
  readonly reasoning: readonly { readonly text: string; readonly signature: string | undefined }[]
  readonly calls: readonly Call[]
  readonly results: readonly { readonly id: string; readonly text: string }[]
  readonly isStream: boolean
}

/** One dialect as its client and as its provider. */
export interface Side {
  readonly name: string
  /** A model whose provider speaks it. */
  readonly model: string
  /** The word for a status in the SDK's error: its type, or Google's name of the status. */
  readonly errors: Readonly<Record<400 | 429 | 500 | 529, string | undefined>>
  toUser(text: string, imageUrl?: string): JsonObject
  toAssistant(text: string): JsonObject
  toResults(results: readonly Result[]): readonly JsonObject[]
  /** Calls with the official SDK. Throws its errors. */
  ask(url: string, model: string, question: Question, isStream: boolean): Promise<Answer>
  /** Reads what the SDK threw; undefined if it is not the SDK's error for a failed call. */
  readFailure(thrown: unknown): Failure | undefined
  toScript(reply: Reply, options: ReplyOptions): Script
  /** An error that asks for a retry after seven seconds, in the dialect's own place. */
  toError(status: number): Script
  readRequest(request: UpstreamExchange): Seen
}

export interface ReplyOptions {
  readonly isStream: boolean
  /** Ends the connection after this many events. */
  readonly cutAfterEvents?: number
}

/** Splits text as a provider does that sends a few characters at a time. */
export function toPieces(text: string): readonly string[] {
  return text.match(/.{1,4}/gs) ?? []
}

export const toolSchema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

export function isPresent<Value>(value: Value | undefined | null): value is Value {
  return value !== undefined && value !== null
}

/** OpenAI's and Anthropic's SDKs keep the headers of a failed call. */
export function toRetryAfter(headers: Headers | undefined): number | undefined {
  const value = headers?.get('retry-after')
  return isPresent(value) ? Number(value) : undefined
}
