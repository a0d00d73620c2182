import { messages, toMessageEvents } from '../../dialects/messages.ts'
import type { Translator } from '../translator.ts'
import { readMessagesPrompt } from './read-prompt.ts'
import { createMessagesReader } from './read-reply.ts'
import { writeMessagesPrompt } from './write-prompt.ts'
import { createMessagesWriter } from './write-reply.ts'

export const messagesTranslator: Translator = {
  dialect: messages,
  readPrompt: readMessagesPrompt,
  writePrompt: writeMessagesPrompt,
  createReader: createMessagesReader,
  createWriter: createMessagesWriter,
  readReply(body) {
    const reader = createMessagesReader()
    const events = (toMessageEvents(body) ?? []).flatMap((event) => reader.read(event))
    return [...events, ...reader.end()]
  },
  toEventText: (event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`,
}
