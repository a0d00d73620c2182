import type { Dialect } from './dialect.ts'
import { answerIn, estimateTexts, openAIFormat, readOutputBounds, requiring } from './openai-format.ts'

/** Sound from words. Source: https://platform.openai.com/docs/api-reference/audio/createSpeech */
export const speech: Dialect = {
  ...openAIFormat,
  id: 'audio.speech',
  hasMedia: true,
  answersInJson: false,
  ...answerIn('text'),
  ...requiring([{ name: 'input', type: 'string', message: 'input field is required: the text to speak' }], {
    needsModel: true,
  }),
  boundRequest(body) {
    // Refuses a limit that is none, though it bounds nothing here.
    readOutputBounds(body)
    const { input, instructions } = body
    return {
      inputTokens: estimateTexts(input) + estimateTexts(instructions),
      maxOutputTokens: 0,
      choices: 1,
      characters: typeof input === 'string' ? input.length : 0,
    }
  },
}

/** Words from sound, in a form. Source: https://platform.openai.com/docs/api-reference/audio/createTranscription */
export const transcriptions: Dialect = {
  ...speech,
  id: 'audio.transcriptions',
  body: 'form',
  formModel: { field: 'model', isRequired: true },
  ...requiring([], { needsModel: true }),
  boundRequest: (body) => ({ inputTokens: 0, ...readOutputBounds(body), choices: 1, isAudio: true }),
}

/** The same in English. Source: https://platform.openai.com/docs/api-reference/audio/createTranslation */
export const translations: Dialect = { ...transcriptions, id: 'audio.translations' }
