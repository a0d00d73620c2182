import { chatCompletions } from '../../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../../src/dialects/dialect.ts'
import { generateContent } from '../../../src/dialects/generate-content.ts'
import { messages } from '../../../src/dialects/messages.ts'
import { responses } from '../../../src/dialects/responses.ts'
import { chatSamples } from './chat-samples.ts'
import type { DialectSamples } from './dialect-samples.ts'
import { geminiSamples } from './gemini-samples.ts'
import { messagesSamples } from './messages-samples.ts'
import { responsesSamples } from './responses-samples.ts'

export const dialectSamples: ReadonlyMap<Dialect, DialectSamples> = new Map([
  [chatCompletions, chatSamples],
  [messages, messagesSamples],
  [responses, responsesSamples],
  [generateContent, geminiSamples],
])
