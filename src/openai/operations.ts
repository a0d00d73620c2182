/** How the terminal event of a stream is recognised, and where it reports usage. */
export type StreamShape = 'chat' | 'responses' | 'typed'

/** One endpoint of OpenAI's API that Weir understands. Source: https://platform.openai.com/docs/api-reference */
export interface Operation {
  readonly name: OperationName
  /** Below the base URL, which ends in `/v1`. */
  readonly path: string
  readonly body: 'json' | 'form' | 'json-or-form'
  readonly model: 'required' | 'optional'
  /** Top-level fields without which the upstream could only answer 400. */
  readonly required: readonly RequiredField[]
  readonly stream: StreamShape
  /** True where `stream_options.include_usage` exists. */
  readonly streamOptions: boolean
  /** True where the question is a list of messages, so that a session's earlier turns can go before it. */
  readonly takesMessages: boolean
  /** True where the answer lists pictures, each by URL or in base64. */
  readonly images: boolean
  /** Audio and pictures have their own size limits. */
  readonly media: boolean
}

interface RequiredField {
  readonly name: string
  readonly type: 'array' | 'string' | 'any'
  readonly message: string
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

const json = {
  body: 'json',
  model: 'required',
  stream: 'typed',
  streamOptions: false,
  takesMessages: false,
  images: false,
  media: false,
} as const

export const operations: { readonly [name in OperationName]: Operation } = {
  'chat.completions': {
    ...json,
    name: 'chat.completions',
    path: '/chat/completions',
    required: [{ name: 'messages', type: 'array', message: 'messages field is required and must be an array' }],
    stream: 'chat',
    streamOptions: true,
    takesMessages: true,
  },
  completions: {
    ...json,
    name: 'completions',
    path: '/completions',
    required: [{ name: 'prompt', type: 'any', message: 'prompt field is required: a string or an array' }],
    stream: 'chat',
    streamOptions: true,
  },
  embeddings: {
    ...json,
    name: 'embeddings',
    path: '/embeddings',
    required: [{ name: 'input', type: 'any', message: 'input field is required: a string or an array' }],
  },
  responses: { ...json, name: 'responses', path: '/responses', model: 'optional', required: [], stream: 'responses' },
  'images.generations': {
    ...json,
    name: 'images.generations',
    path: '/images/generations',
    model: 'optional',
    required: [{ name: 'prompt', type: 'string', message: 'prompt field is required for image generation' }],
    images: true,
    media: true,
  },
  'images.edits': {
    ...json,
    name: 'images.edits',
    path: '/images/edits',
    body: 'json-or-form',
    model: 'optional',
    required: [],
    images: true,
    media: true,
  },
  'audio.speech': {
    ...json,
    name: 'audio.speech',
    path: '/audio/speech',
    required: [{ name: 'input', type: 'string', message: 'input field is required: the text to speak' }],
    media: true,
  },
  'audio.transcriptions': {
    ...json,
    name: 'audio.transcriptions',
    path: '/audio/transcriptions',
    body: 'form',
    required: [],
    media: true,
  },
  'audio.translations': {
    ...json,
    name: 'audio.translations',
    path: '/audio/translations',
    body: 'form',
    required: [],
    media: true,
  },
  moderations: {
    ...json,
    name: 'moderations',
    path: '/moderations',
    model: 'optional',
    required: [{ name: 'input', type: 'any', message: 'input field is required: a string or an array' }],
  },
}
