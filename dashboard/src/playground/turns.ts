import type { ChatChunk, TokenCount } from '../gateway/read-chat-chunk.ts'
import type { RequestFailure } from '../gateway/request-failure.ts'
import type { ChatMessage } from '../gateway/stream-chat.ts'

/** A prompt and its reply. */
export interface Turn {
  readonly id: number
  readonly prompt: string
  /** The requested model, then the one that the reply names. */
  readonly model: string
  readonly reply: string
  readonly reasoning: string
  readonly state: 'running' | 'complete' | 'stopped' | 'failed'
  readonly finishReason: string | undefined
  readonly tokens: TokenCount | undefined
  readonly firstTokenMs: number | undefined
  readonly totalMs: number | undefined
  readonly failure: RequestFailure | undefined
}

export type TurnChange =
  | { readonly kind: 'sent'; readonly id: number; readonly prompt: string; readonly model: string }
  | { readonly kind: 'received'; readonly id: number; readonly chunk: ChatChunk; readonly elapsedMs: number }
  | {
      readonly kind: 'ended'
      readonly id: number
      readonly state: 'complete' | 'stopped' | 'failed'
      readonly elapsedMs: number
      readonly failure: RequestFailure | undefined
    }
  | { readonly kind: 'cleared' }

export function changeTurns(turns: readonly Turn[], change: TurnChange): readonly Turn[] {
  switch (change.kind) {
    case 'sent':
      return [...turns, { ...newTurn, id: change.id, prompt: change.prompt, model: change.model }]
    case 'received':
      return turns.map((turn) => (turn.id === change.id ? addChunk(turn, change.chunk, change.elapsedMs) : turn))
    case 'ended': {
      const { id, state, elapsedMs: totalMs, failure } = change
      return turns.map((turn) => (turn.id === id ? { ...turn, state, totalMs, failure } : turn))
    }
    case 'cleared':
      return []
  }
}

/** Returns the earlier turns as context. Skips turns without a reply, because roles must alternate. */
export function toMessages(turns: readonly Turn[], prompt: string): readonly ChatMessage[] {
  const past = turns
    .filter((turn) => turn.reply !== '')
    .flatMap((turn): ChatMessage[] => [
      { role: 'user', content: turn.prompt },
      { role: 'assistant', content: turn.reply },
    ])
  return [...past, { role: 'user', content: prompt }]
}

const newTurn = {
  reply: '',
  reasoning: '',
  state: 'running',
  finishReason: undefined,
  tokens: undefined,
  firstTokenMs: undefined,
  totalMs: undefined,
  failure: undefined,
} as const

function addChunk(turn: Turn, chunk: ChatChunk, elapsedMs: number): Turn {
  const hasContent = chunk.text !== '' || chunk.reasoning !== ''
  return {
    ...turn,
    model: chunk.model ?? turn.model,
    reply: turn.reply + chunk.text,
    reasoning: turn.reasoning + chunk.reasoning,
    finishReason: chunk.finishReason ?? turn.finishReason,
    tokens: chunk.tokens ?? turn.tokens,
    firstTokenMs: turn.firstTokenMs ?? (hasContent ? elapsedMs : undefined),
  }
}
