import { speech, transcriptions, translations } from './audio.ts'
import { chatCompletions, completions } from './chat-completions.ts'
import type { Dialect } from './dialect.ts'
import { batchEmbedContents, embedContent } from './embed-content.ts'
import { embeddings, moderations } from './embeddings.ts'
import { contentTokenCounts, generateContent } from './generate-content.ts'
import { imageEdits, imageGenerations } from './images.ts'
import { messages, tokenCounts } from './messages.ts'
import { inputTokenCounts, responses } from './responses.ts'

/**
 * The maker of an API.
 * Sources: https://platform.openai.com/docs/api-reference, https://platform.claude.com/docs/en/api/overview,
 * https://ai.google.dev/api
 */
export type Api = 'openai' | 'anthropic' | 'gemini'

/** An endpoint that Weir understands. */
export interface Operation {
  readonly name: OperationName
  /** Errors have its shape. */
  readonly api: Api
  /** Path below the base URL, which ends in `/v1`, or `/v1beta` for Gemini's. `{model}` stands for the model. */
  readonly path: string
  /** The path for a stream, if the body does not ask for it. */
  readonly streamPath?: string
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
  | 'responses.input_tokens'
  | 'images.generations'
  | 'images.edits'
  | 'audio.speech'
  | 'audio.transcriptions'
  | 'audio.translations'
  | 'moderations'
  | 'messages'
  | 'messages.count_tokens'
  | 'generateContent'
  | 'countTokens'
  | 'embedContent'
  | 'batchEmbedContents'

/** The operation of requests that are relayed unparsed. */
export const passthroughOperation = 'passthrough'

const plain = { api: 'openai', takesMessages: false, images: false } as const
const anthropic = { api: 'anthropic', takesMessages: false, images: false } as const
const gemini = { api: 'gemini', takesMessages: false, images: false } as const

export const operations: { readonly [name in OperationName]: Operation } = {
  'chat.completions': {
    ...plain,
    name: 'chat.completions',
    path: '/chat/completions',
    dialect: chatCompletions,
    takesMessages: true,
  },
  completions: { ...plain, name: 'completions', path: '/completions', dialect: completions },
  embeddings: { ...plain, name: 'embeddings', path: '/embeddings', dialect: embeddings },
  responses: { ...plain, name: 'responses', path: '/responses', dialect: responses },
  'responses.input_tokens': {
    ...plain,
    name: 'responses.input_tokens',
    path: '/responses/input_tokens',
    dialect: inputTokenCounts,
  },
  'images.generations': {
    ...plain,
    name: 'images.generations',
    path: '/images/generations',
    dialect: imageGenerations,
    images: true,
  },
  'images.edits': { ...plain, name: 'images.edits', path: '/images/edits', dialect: imageEdits, images: true },
  'audio.speech': { ...plain, name: 'audio.speech', path: '/audio/speech', dialect: speech },
  'audio.transcriptions': {
    ...plain,
    name: 'audio.transcriptions',
    path: '/audio/transcriptions',
    dialect: transcriptions,
  },
  'audio.translations': { ...plain, name: 'audio.translations', path: '/audio/translations', dialect: translations },
  moderations: { ...plain, name: 'moderations', path: '/moderations', dialect: moderations },
  messages: { ...anthropic, name: 'messages', path: '/messages', dialect: messages },
  'messages.count_tokens': {
    ...anthropic,
    name: 'messages.count_tokens',
    path: '/messages/count_tokens',
    dialect: tokenCounts,
  },
  generateContent: {
    ...gemini,
    name: 'generateContent',
    path: '/models/{model}:generateContent',
    streamPath: '/models/{model}:streamGenerateContent',
    dialect: generateContent,
  },
  countTokens: { ...gemini, name: 'countTokens', path: '/models/{model}:countTokens', dialect: contentTokenCounts },
  embedContent: { ...gemini, name: 'embedContent', path: '/models/{model}:embedContent', dialect: embedContent },
  batchEmbedContents: {
    ...gemini,
    name: 'batchEmbedContents',
    path: '/models/{model}:batchEmbedContents',
    dialect: batchEmbedContents,
  },
}
