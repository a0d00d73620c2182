import type OpenAI from 'openai'

/** The example of https://platform.openai.com/docs/api-reference/chat/create */
export const chatCompletion = {
  id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
  object: 'chat.completion',
  created: 1741569952,
  model: 'gpt-4.1-2025-04-14',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hello! How can I assist you today?', refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 19,
    completion_tokens: 10,
    total_tokens: 29,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  },
  service_tier: 'default',
} satisfies OpenAI.ChatCompletion

/** The request for it, from the same page. */
export const chatRequest = {
  model: 'gpt-4.1',
  messages: [
    { role: 'developer', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'Hello!' },
  ],
} satisfies OpenAI.ChatCompletionCreateParams

/**
 * The example of https://platform.openai.com/docs/api-reference/chat-streaming, with one more word. Without `[DONE]`.
 */
export const chatChunks = [
  toChatChunk({ role: 'assistant', content: '' }),
  toChatChunk({ content: 'Hello' }),
  toChatChunk({ content: ' there' }),
  toChatChunk({}, 'stop'),
]

/**
 * The same with `stream_options: {"include_usage": true}`: "All other chunks will also include a `usage` field, but
 * with a null value", and the last one has no choices. https://platform.openai.com/docs/api-reference/chat/create
 */
export const chatChunksWithUsage = [
  ...chatChunks.map((chunk) => ({ ...chunk, usage: null })),
  {
    ...toChatChunk({}),
    choices: [],
    usage: {
      prompt_tokens: 19,
      completion_tokens: 2,
      total_tokens: 21,
      prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    },
  },
] satisfies OpenAI.ChatCompletionChunk[]

/** The example of https://platform.openai.com/docs/api-reference/responses/create, shortened. */
export const response = {
  id: 'resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b',
  object: 'response',
  created_at: 1741476542,
  status: 'completed',
  error: null,
  incomplete_details: null,
  instructions: null,
  model: 'gpt-4.1-2025-04-14',
  output: [
    {
      type: 'message',
      id: 'msg_67ccd2bf17f0819081ff3bb2cf6508e60bb6a6b452d3795b',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hi there!', annotations: [] }],
    },
  ],
  usage: {
    input_tokens: 36,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 87,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 123,
  },
}

/** The order of https://platform.openai.com/docs/api-reference/responses-streaming. These streams have no `[DONE]`. */
export const responseEvents = [
  toResponseEvent('response.created', { response: { ...response, status: 'in_progress', output: [], usage: null } }),
  toResponseEvent('response.in_progress', {
    response: { ...response, status: 'in_progress', output: [], usage: null },
  }),
  toResponseEvent('response.output_text.delta', { ...outputText(), delta: 'Hi' }),
  toResponseEvent('response.output_text.delta', { ...outputText(), delta: ' there!' }),
  toResponseEvent('response.output_text.done', { ...outputText(), text: 'Hi there!' }),
  toResponseEvent('response.completed', { response }),
].map((event, sequenceNumber) => event(sequenceNumber))

/** The example of https://platform.openai.com/docs/api-reference/completions/create */
export const completion = {
  id: 'cmpl-uqkvlQyYK7bGYrRHQ0eXlWi7',
  object: 'text_completion',
  created: 1589478378,
  model: 'gpt-3.5-turbo-instruct',
  system_fingerprint: 'fp_44709d6fcb',
  choices: [{ text: '\n\nThis is indeed a test', index: 0, logprobs: null, finish_reason: 'length' }],
  usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
} satisfies OpenAI.Completion

/** The example of https://platform.openai.com/docs/api-reference/embeddings/create, with three of its 1,536 numbers. */
export const embeddings = {
  object: 'list',
  data: [{ object: 'embedding', embedding: [0.0023064255, -0.009327292, -0.0028842222], index: 0 }],
  model: 'text-embedding-ada-002',
  usage: { prompt_tokens: 8, total_tokens: 8 },
} satisfies OpenAI.CreateEmbeddingResponse

/** The example of https://platform.openai.com/docs/api-reference/images/create; the image is one transparent pixel. */
export const image = {
  created: 1713833628,
  data: [
    {
      b64_json: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    },
  ],
  usage: {
    total_tokens: 100,
    input_tokens: 50,
    output_tokens: 50,
    input_tokens_details: { text_tokens: 10, image_tokens: 40 },
  },
} satisfies OpenAI.ImagesResponse

/** The example of https://platform.openai.com/docs/api-reference/audio/createTranscription, shortened. */
export const transcription = {
  text: 'Imagine the wildest idea that you’ve ever had, and you’re curious about how it might scale.',
  usage: {
    type: 'tokens',
    input_tokens: 14,
    input_token_details: { text_tokens: 0, audio_tokens: 14 },
    output_tokens: 45,
    total_tokens: 59,
  },
} satisfies OpenAI.Audio.Transcription

/** https://platform.openai.com/docs/guides/error-codes, "429 - Rate limit reached for requests". */
export const rateLimitError = {
  error: {
    message:
      'Rate limit reached for gpt-4.1 in organization org-test on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.',
    type: 'requests',
    param: null,
    code: 'rate_limit_exceeded',
  },
}

/** https://platform.openai.com/docs/guides/rate-limits, "Rate limits in headers". */
export const rateLimitHeaders = {
  'retry-after': '20',
  'x-ratelimit-limit-requests': '3',
  'x-ratelimit-remaining-requests': '0',
  'x-ratelimit-reset-requests': '20s',
  'x-request-id': 'req_4f9c2b7e81d05a36',
}

function toChatChunk(delta: object, finishReason: 'stop' | null = null): OpenAI.ChatCompletionChunk {
  return {
    id: 'chatcmpl-123',
    object: 'chat.completion.chunk',
    created: 1694268190,
    model: 'gpt-4.1-2025-04-14',
    system_fingerprint: 'fp_44709d6fcb',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  }
}

function outputText(): object {
  return { item_id: 'msg_67ccd2bf17f0819081ff3bb2cf6508e60bb6a6b452d3795b', output_index: 0, content_index: 0 }
}

function toResponseEvent(type: string, fields: object): (sequenceNumber: number) => string {
  return (sequenceNumber) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequenceNumber, ...fields })}\n\n`
}
