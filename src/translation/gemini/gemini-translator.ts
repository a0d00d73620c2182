import { generateContent } from '../../dialects/generate-content.ts'
import type { Translator } from '../translator.ts'
import { readGeminiPrompt } from './read-prompt.ts'
import { createGeminiReader } from './read-reply.ts'
import { writeGeminiPrompt } from './write-prompt.ts'
import { createGeminiWriter } from './write-reply.ts'

export const geminiTranslator: Translator = {
  dialect: generateContent,
  readPrompt: readGeminiPrompt,
  writePrompt: writeGeminiPrompt,
  createReader: createGeminiReader,
  createWriter: createGeminiWriter,
  // A complete response has the form of one event with all of it.
  readReply(body) {
    const reader = createGeminiReader()
    return [...reader.read(body), ...reader.end()]
  },
  toEventText: (event) => `data: ${JSON.stringify(event)}\n\n`,
}
