import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import { typedEvents } from '../../src/dialects/openai-format.ts'
import { responses } from '../../src/dialects/responses.ts'

/** The kinds of event that OpenAI's dialects have. */
export const formats = { chat: chatCompletions.events, responses: responses.events, typed: typedEvents } as const

export type FormatName = keyof typeof formats
