import { readField, readList, readNumber, readString } from './json.ts'
import { readStreamFailure } from './read-failure.ts'
import { RequestFailure } from './request-failure.ts'

export interface TokenCount {
  readonly prompt: number
  readonly completion: number
}

/** The content of one event of a chat stream. A field is present only if the event has a value for it. */
export interface ChatChunk {
  readonly model: string | undefined
  readonly text: string
  readonly reasoning: string
  readonly finishReason: string | undefined
  readonly tokens: TokenCount | undefined
}

/** Reads one event of a chat stream, or a whole response. Throws RequestFailure if it holds an error. */
export function readChatChunk(data: string): ChatChunk {
  const chunk = parseJson(data)
  const error = readField(chunk, 'error')
  if (error !== undefined && error !== null) throw readStreamFailure(error)
  const choice = readList(chunk, 'choices')[0]
  const delta = readField(choice, 'delta') ?? readField(choice, 'message')
  return {
    model: readString(chunk, 'model'),
    text: readString(delta, 'content') ?? readString(delta, 'refusal') ?? '',
    // DeepSeek and vLLM name it one way, OpenRouter and Ollama the other.
    reasoning: readString(delta, 'reasoning_content') ?? readString(delta, 'reasoning') ?? '',
    finishReason: readString(choice, 'finish_reason'),
    tokens: readTokens(readField(chunk, 'usage')),
  }
}

function parseJson(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw new RequestFailure('unreadable')
  }
}

function readTokens(usage: unknown): TokenCount | undefined {
  const prompt = readNumber(usage, 'prompt_tokens')
  const completion = readNumber(usage, 'completion_tokens')
  return prompt === undefined && completion === undefined
    ? undefined
    : { prompt: prompt ?? 0, completion: completion ?? 0 }
}
