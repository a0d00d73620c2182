import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import { typedEvents } from '../../src/dialects/openai-format.ts'
import { responses } from '../../src/dialects/responses.ts'

/** The event formats of OpenAI's dialects. */
export const formats = { chat: chatCompletions.events, responses: responses.events, typed: typedEvents } as const

export type FormatName = keyof typeof formats
