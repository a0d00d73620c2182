import { chatCompletions } from '../../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../../src/dialects/dialect.ts'
import { messages } from '../../../src/dialects/messages.ts'
import { chatSamples } from './chat-samples.ts'
import type { DialectSamples } from './dialect-samples.ts'
import { messagesSamples } from './messages-samples.ts'

export const dialectSamples: ReadonlyMap<Dialect, DialectSamples> = new Map([
  [chatCompletions, chatSamples],
  [messages, messagesSamples],
])
