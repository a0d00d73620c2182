import type { ChatChunk, TokenCount } from '../gateway/read-chat-chunk.ts'
import type { RequestFailure } from '../gateway/request-failure.ts'
import type { ChatMessage } from '../gateway/stream-chat.ts'

/** One message and what came of it. */
export interface Turn {
  readonly id: number
  readonly prompt: string
  /** As asked, then as the answer names it. */
  readonly model: string
  readonly answer: string
  readonly reasoning: string
  readonly state: 'running' | 'complete' | 'stopped' | 'failed'
  readonly finishReason: string | undefined
  readonly tokens: TokenCount | undefined
  readonly firstTokenMs: number | undefined
  readonly totalMs: number | undefined
  readonly failure: RequestFailure | undefined
}

export type TurnChange =
  | { readonly kind: 'asked'; readonly id: number; readonly prompt: string; readonly model: string }
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
    case 'asked':
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

/** What the model is told of the turns before; those without an answer are left out, since roles must alternate. */
export function toMessages(turns: readonly Turn[], prompt: string): readonly ChatMessage[] {
  const past = turns
    .filter((turn) => turn.answer !== '')
    .flatMap((turn): ChatMessage[] => [
      { role: 'user', content: turn.prompt },
      { role: 'assistant', content: turn.answer },
    ])
  return [...past, { role: 'user', content: prompt }]
}

const newTurn = {
  answer: '',
  reasoning: '',
  state: 'running',
  finishReason: undefined,
  tokens: undefined,
  firstTokenMs: undefined,
  totalMs: undefined,
  failure: undefined,
} as const

function addChunk(turn: Turn, chunk: ChatChunk, elapsedMs: number): Turn {
  const saysSomething = chunk.text !== '' || chunk.reasoning !== ''
  return {
    ...turn,
    model: chunk.model ?? turn.model,
    answer: turn.answer + chunk.text,
    reasoning: turn.reasoning + chunk.reasoning,
    finishReason: chunk.finishReason ?? turn.finishReason,
    tokens: chunk.tokens ?? turn.tokens,
    firstTokenMs: turn.firstTokenMs ?? (saysSomething ? elapsedMs : undefined),
  }
}
