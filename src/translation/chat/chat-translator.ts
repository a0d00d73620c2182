import { chatCompletions } from '../../dialects/chat-completions.ts'
import type { Translator } from '../translator.ts'
import { readChatPrompt } from './read-prompt.ts'
import { createChatReader } from './read-reply.ts'
import { writeChatPrompt } from './write-prompt.ts'
import { createChatWriter } from './write-reply.ts'

export const chatTranslator: Translator = {
  dialect: chatCompletions,
  readPrompt: readChatPrompt,
  writePrompt: writeChatPrompt,
  createReader: createChatReader,
  createWriter: createChatWriter,
  // A complete response has the form of one chunk with all of it.
  readReply(body) {
    const reader = createChatReader()
    return [...reader.read(body), ...reader.end()]
  },
  terminator: '[DONE]',
  toEventText: (event) => `data: ${JSON.stringify(event)}\n\n`,
}
