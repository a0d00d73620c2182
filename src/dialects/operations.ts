import { speech, transcriptions, translations } from './audio.ts'
import { chatCompletions, completions } from './chat-completions.ts'
import type { Dialect } from './dialect.ts'
import { embeddings, moderations } from './embeddings.ts'
import { imageEdits, imageGenerations } from './images.ts'
import { responses } from './responses.ts'

/** An endpoint of OpenAI's API that Weir understands. Source: https://platform.openai.com/docs/api-reference */
export interface Operation {
  readonly name: OperationName
  /** Path below the base URL, which ends in `/v1`. */
  readonly path: string
  /** The format that callers use. */
  readonly dialect: Dialect
  /** True if the request has a list of messages, to which Weir can prepend a session's history. */
  readonly takesMessages: boolean
  /** True if the response lists pictures, each as a URL or in base64. */
  readonly images: boolean
}

export type OperationName =
  | 'chat.completions'
  | 'completions'
  | 'embeddings'
  | 'responses'
  | 'images.generations'
  | 'images.edits'
  | 'audio.speech'
  | 'audio.transcriptions'
  | 'audio.translations'
  | 'moderations'

/** The operation of requests that are relayed unparsed. */
export const passthroughOperation = 'passthrough'

const plain = { takesMessages: false, images: false }

export const operations: { readonly [name in OperationName]: Operation } = {
  'chat.completions': {
    name: 'chat.completions',
    path: '/chat/completions',
    dialect: chatCompletions,
    takesMessages: true,
    images: false,
  },
  completions: { ...plain, name: 'completions', path: '/completions', dialect: completions },
  embeddings: { ...plain, name: 'embeddings', path: '/embeddings', dialect: embeddings },
  responses: { ...plain, name: 'responses', path: '/responses', dialect: responses },
  'images.generations': {
    name: 'images.generations',
    path: '/images/generations',
    dialect: imageGenerations,
    takesMessages: false,
    images: true,
  },
  'images.edits': {
    name: 'images.edits',
    path: '/images/edits',
    dialect: imageEdits,
    takesMessages: false,
    images: true,
  },
  'audio.speech': { ...plain, name: 'audio.speech', path: '/audio/speech', dialect: speech },
  'audio.transcriptions': {
    ...plain,
    name: 'audio.transcriptions',
    path: '/audio/transcriptions',
    dialect: transcriptions,
  },
  'audio.translations': { ...plain, name: 'audio.translations', path: '/audio/translations', dialect: translations },
  moderations: { ...plain, name: 'moderations', path: '/moderations', dialect: moderations },
}
