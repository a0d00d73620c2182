import { responses } from '../../dialects/responses.ts'
import type { Translator } from '../translator.ts'
import { readResponsesPrompt } from './read-prompt.ts'
import { createResponsesReader } from './read-reply.ts'
import { writeResponsesPrompt } from './write-prompt.ts'
import { createResponsesWriter } from './write-reply.ts'

export const responsesTranslator: Translator = {
  dialect: responses,
  readPrompt: readResponsesPrompt,
  writePrompt: writeResponsesPrompt,
  createReader: createResponsesReader,
  createWriter: createResponsesWriter,
  // The last event of a stream has the complete response.
  readReply(body) {
    const reader = createResponsesReader()
    return [...reader.read({ type: 'response.completed', response: body }), ...reader.end()]
  },
  toEventText: (event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`,
}
