import { speech, transcriptions, translations } from './audio.ts'
import { chatCompletions, completions } from './chat-completions.ts'
import type { Dialect } from './dialect.ts'
import { embeddings, moderations } from './embeddings.ts'
import { imageEdits, imageGenerations } from './images.ts'
import { responses } from './responses.ts'

/** All dialects of OpenAI's API and of compatible servers. */
export const openAIDialects: readonly Dialect[] = [
  chatCompletions,
  completions,
  responses,
  embeddings,
  moderations,
  imageGenerations,
  imageEdits,
  speech,
  transcriptions,
  translations,
]
