/** What is wanted, in one form for chat completions and responses. */
export interface DemoAsk {
  readonly model: string
  readonly conversation: Conversation
  readonly tools: readonly FunctionTool[]
  readonly toolChoice: ToolChoice
  readonly format: OutputFormat
  /** Infinite where the caller set none. */
  readonly maxTokens: number
  readonly stop: readonly string[]
  readonly inputTokens: number
}

export interface Conversation {
  readonly messageCount: number
  /** What the user said last. */
  readonly lastText: string
  /** What came with it besides text: `image`, `audio`, `file`. */
  readonly attachments: readonly string[]
  /** Results of tools, where they are what came last. */
  readonly toolResults: readonly string[]
}

export interface FunctionTool {
  readonly name: string
  /** A JSON schema. */
  readonly parameters: unknown
}

export type ToolChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'any' }
  | { readonly kind: 'one-of'; readonly names: readonly string[] }

export type OutputFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  | { readonly kind: 'schema'; readonly schema: unknown }
