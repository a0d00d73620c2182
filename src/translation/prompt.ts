import type { JsonObject } from '../core/json.ts'
import type { DroppedFields, Given } from './fields.ts'
import type { Signature } from './signature.ts'

/** A request in no dialect: what every dialect of conversations can say, and what some can. */
export interface Prompt {
  readonly isStream: boolean
  /** Instructions in their order, wherever the dialect has them. */
  readonly system: readonly TextPart[]
  /** Neighbours have different roles. */
  readonly turns: readonly Turn[]
  readonly tools: readonly Tool[]
  readonly settings: Settings
}

export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly parts: readonly Part[]
}

export type Part = TextPart | ImagePart | FilePart | AudioPart | ReasoningPart | ToolCallPart | ToolResultPart

interface PartBase {
  /** The place in the request, such as `messages[2].content[0]`. */
  readonly path: string
  /** Anthropic's mark for the prompt cache, which other dialects pass on for it. */
  readonly cacheControl?: Given<JsonObject> | undefined
}

export interface TextPart extends PartBase {
  readonly kind: 'text'
  readonly text: string
}

export interface ImagePart extends PartBase {
  readonly kind: 'image'
  readonly source: MediaSource
  /** OpenAI's `low`, `high`, or `auto`. */
  readonly detail?: Given<string> | undefined
}

/** A document, such as a PDF. */
export interface FilePart extends PartBase {
  readonly kind: 'file'
  readonly source: MediaSource
  readonly name?: Given<string> | undefined
}

export interface AudioPart extends PartBase {
  readonly kind: 'audio'
  readonly data: string
  /** `wav` or `mp3`. */
  readonly format: string
}

export interface ReasoningPart extends PartBase {
  readonly kind: 'reasoning'
  /** Empty if the provider shows only its signature. */
  readonly text: string
  readonly signature?: Signature | undefined
}

export interface ToolCallPart extends PartBase {
  readonly kind: 'tool-call'
  readonly id: string
  readonly name: string
  /** JSON text, or any text for a custom tool. */
  readonly input: string
  /** True for a call of a custom tool. */
  readonly isCustom?: boolean
}

export interface ToolResultPart extends PartBase {
  readonly kind: 'tool-result'
  /** The id of its call. */
  readonly id: string
  readonly parts: readonly (TextPart | ImagePart | FilePart)[]
  readonly isError: boolean
}

export type MediaSource =
  | { readonly kind: 'url'; readonly url: string }
  /** `url` is the data URL that it was read from: to join one again would copy a long picture. */
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string; readonly url?: string }
  /** A file that was uploaded to one provider. */
  | { readonly kind: 'file-id'; readonly id: string }

export interface Tool {
  /** The name that the model sees. */
  readonly name: string
  readonly path: string
  readonly description?: string | undefined
  /** JSON Schema of the input; undefined for a custom tool, whose input is text. */
  readonly schema: JsonObject | undefined
  readonly isStrict?: Given<boolean> | undefined
  readonly cacheControl?: Given<JsonObject> | undefined
  /** The grammar of a custom tool's input. */
  readonly grammar?: Given<JsonObject> | undefined
}

export type ToolChoice =
  | { readonly kind: 'auto' | 'none' | 'required' }
  | { readonly kind: 'tool'; readonly name: string }
  /** One of these, or, if it is not required, none. */
  | { readonly kind: 'allowed'; readonly names: readonly string[]; readonly isRequired: boolean }

export type ResponseFormat = { readonly kind: 'json' } | SchemaFormat

export interface SchemaFormat {
  readonly kind: 'schema'
  readonly schema: JsonObject
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly isStrict?: boolean | undefined
}

/** The union of the names of OpenAI, Anthropic and Google. */
export type Effort = (typeof efforts)[number]

export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

interface SettingValues {
  readonly maxTokens: number
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  readonly stop: readonly string[]
  readonly seed: number
  readonly presencePenalty: number
  readonly frequencyPenalty: number
  /** Alternatives for each token; 0 for the token's own probability only. */
  readonly topLogprobs: number
  readonly responseFormat: ResponseFormat
  readonly toolChoice: ToolChoice
  readonly parallelToolCalls: boolean
  readonly effort: Effort
  /** Maximum tokens of reasoning; 0 for none. */
  readonly reasoningBudget: number
  /** True if the response shows the reasoning, or a summary of it. */
  readonly showsReasoning: boolean
  readonly endUser: string
  /** The caller expects the provider to cache the prompt under this key. */
  readonly promptCacheKey: string
  /** Anthropic's mark for the whole prompt. */
  readonly cacheControl: JsonObject
}

/** The settings that a request has, and OpenAI's own, which its two dialects share under the same names. */
export type Settings = { readonly [Name in keyof SettingValues]?: Given<SettingValues[Name]> | undefined } & {
  readonly openai?: Readonly<Record<string, Given<unknown>>>
}

/** Returns the schema of a format, for a dialect whose schemas describe themselves. */
export function toDescribedSchema({ schema, description }: SchemaFormat): JsonObject {
  return description === undefined ? schema : { description, ...schema }
}

/** Joins neighbours of the same role, which some dialects refuse, and leaves empty turns out. */
export function joinTurns(turns: readonly Turn[]): readonly Turn[] {
  const joined: { readonly role: Turn['role']; readonly parts: Part[] }[] = []
  for (const { role, parts } of turns) {
    const last = joined.at(-1)
    if (parts.length === 0) continue
    if (last?.role === role) for (const part of parts) last.parts.push(part)
    else joined.push({ role, parts: [...parts] })
  }
  return joined
}

/** Returns the tools that the model may call, for a dialect whose choice cannot name several. */
export function allowedTools(tools: readonly Tool[], choice: ToolChoice | undefined): readonly Tool[] {
  if (choice?.kind !== 'allowed') return tools
  const names = new Set(choice.names)
  return tools.filter(({ name }) => names.has(name))
}

/** Names every mark for the prompt cache in the texts and turns, for a dialect that has none. */
export function dropCacheControl({ system, turns }: Prompt, dropped: DroppedFields): void {
  const parts = turns.flatMap((turn) => turn.parts)
  const inResults = parts.flatMap((part) => (part.kind === 'tool-result' ? part.parts : []))
  for (const { cacheControl } of [...system, ...parts, ...inResults])
    if (cacheControl !== undefined) dropped.add(cacheControl.path)
}
