import type OpenAI from 'openai'
import { chatChunks, chatCompletion, image } from '../support/fixtures.ts'

/** The function of https://platform.openai.com/docs/guides/function-calling */
export const weatherTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Get current temperature for a given location.',
    parameters: {
      type: 'object',
      properties: { location: { type: 'string', description: 'City and country e.g. Bogotá, Colombia' } },
      required: ['location'],
      additionalProperties: false,
    },
    strict: true,
  },
} satisfies OpenAI.ChatCompletionFunctionTool

/** Its response, from the same page. */
export const toolCallCompletion = {
  ...chatCompletion,
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [
          {
            id: 'call_12345xyz',
            type: 'function',
            function: { name: 'get_weather', arguments: '{"location":"Paris, France"}' },
          },
        ],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    },
  ],
} satisfies OpenAI.ChatCompletion

/** The same as a stream, from the same page, with the arguments in pieces. */
export const toolCallChunks = [
  toChunk({
    role: 'assistant',
    content: null,
    tool_calls: [{ index: 0, id: 'call_12345xyz', type: 'function', function: { name: 'get_weather', arguments: '' } }],
    refusal: null,
  }),
  ...['{"', 'location', '":"', 'Paris', ', France', '"}'].map((piece) =>
    toChunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
  ),
  toChunk({}, 'tool_calls'),
]

/** The last chunk under `stream_options.include_usage`. */
export const usageChunk = { ...chatChunks[0], choices: [], usage: chatCompletion.usage }

/** Two interleaved choices, as under `n: 2`. */
export const twoChoiceChunks = [0, 1].flatMap((index) =>
  chatChunks.map((chunk) => ({ ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, index })) })),
)

/** The example of https://platform.openai.com/docs/api-reference/completions/create under `stream: true`. */
export const completionChunks = ['\n', 'This', ' is'].map((text, index) => ({
  id: 'cmpl-7iA7iJjj8V2zOkCGvWF2hAkWALjZp',
  object: 'text_completion',
  created: 1690759702,
  choices: [{ text, index: 0, logprobs: null, finish_reason: index === 2 ? 'stop' : null }],
  model: 'gpt-3.5-turbo-instruct',
}))

/** The example of https://platform.openai.com/docs/api-reference/moderations/create, shortened. */
export const moderation = {
  id: 'modr-AB8CjOTu2jiq12hp1AQPfeqFWaORR',
  model: 'text-moderation-007',
  results: [
    {
      flagged: true,
      categories: { harassment: true, 'harassment/threatening': true, violence: true, 'violence/graphic': false },
      category_scores: { harassment: 0.5, 'harassment/threatening': 0.5, violence: 0.99, 'violence/graphic': 0.00003 },
    },
  ],
}

/** The example of https://platform.openai.com/docs/api-reference/files/object */
export const file = {
  id: 'file-abc123',
  object: 'file',
  bytes: 120000,
  created_at: 1677610602,
  expires_at: 1677614202,
  filename: 'mydata.jsonl',
  purpose: 'fine-tune',
} satisfies Omit<OpenAI.FileObject, 'status'>

/** The example of https://platform.openai.com/docs/api-reference/audio/verbose-json-object, shortened. */
export const verboseTranscription = {
  task: 'transcribe',
  language: 'english',
  duration: 8.470000267028809,
  text: 'The beach was a popular spot on a hot summer day.',
  segments: [
    {
      id: 0,
      seek: 0,
      start: 0,
      end: 3.319999933242798,
      text: ' The beach was a popular spot on a hot summer day.',
      tokens: [50364, 440, 7534, 390, 257, 3743, 4008, 322, 257, 2368, 4266, 786, 13, 50530],
      temperature: 0,
      avg_logprob: -0.2860786020755768,
      compression_ratio: 1.2363636493682861,
      no_speech_prob: 0.00985979475080967,
    },
  ],
  usage: { type: 'duration', seconds: 9 },
}

/**
 * The example of https://platform.openai.com/docs/api-reference/audio/createTranscription under `stream: true`,
 * shortened.
 */
export const transcriptEvents = [
  { type: 'transcript.text.delta', delta: 'I' },
  { type: 'transcript.text.delta', delta: ' see' },
  {
    type: 'transcript.text.done',
    text: 'I see',
    usage: {
      type: 'tokens',
      input_tokens: 14,
      input_token_details: { text_tokens: 0, audio_tokens: 14 },
      output_tokens: 45,
      total_tokens: 59,
    },
  },
]

/**
 * The log probabilities of https://platform.openai.com/docs/api-reference/chat/create#chat-create-logprobs, for one
 * token.
 */
export const logprobs = {
  content: [
    {
      token: 'Hello',
      logprob: -0.31725305,
      bytes: [72, 101, 108, 108, 111],
      top_logprobs: [
        { token: 'Hello', logprob: -0.31725305, bytes: [72, 101, 108, 108, 111] },
        { token: 'Hi', logprob: -1.3190403, bytes: [72, 105] },
      ],
    },
  ],
  refusal: null,
} satisfies OpenAI.ChatCompletion.Choice.Logprobs

/** The example of https://platform.openai.com/docs/api-reference/batch/object, shortened. */
export const batch = {
  id: 'batch_abc123',
  object: 'batch',
  endpoint: '/v1/chat/completions',
  errors: null,
  input_file_id: 'file-abc123',
  completion_window: '24h',
  status: 'validating',
  output_file_id: null,
  error_file_id: null,
  created_at: 1711471533,
  in_progress_at: null,
  expires_at: null,
  request_counts: { total: 0, completed: 0, failed: 0 },
  metadata: { customer_id: 'user_123456789' },
}

/**
 * The example of https://platform.openai.com/docs/api-reference/audio/speech-audio-delta-event, and the event that ends
 * it.
 */
export const speechEvents = [
  { type: 'speech.audio.delta', audio: 'c291bmQ=' },
  { type: 'speech.audio.done', usage: { input_tokens: 14, output_tokens: 101, total_tokens: 115 } },
]

/** The examples of https://platform.openai.com/docs/api-reference/image-streaming, shortened. */
export const imageEvents = ['partial_image', 'completed'].map((name, index) => {
  const event = {
    type: `image_generation.${name}`,
    b64_json: 'iVBORw0KGgo=',
    created_at: 1620000000 + index,
    size: '1024x1024',
    quality: 'high',
    background: 'transparent',
    output_format: 'png',
    ...(name === 'completed' ? { usage: image.usage } : { partial_image_index: 0 }),
  }
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
})

/** An error in the shape of https://platform.openai.com/docs/guides/error-codes */
export function toError(code: string | null, type: string, param: string | null = null): object {
  return { error: { message: `The documented message for ${code ?? type}.`, type, param, code } }
}

function toChunk(delta: object, finishReason: string | null = null): object {
  return { ...chatChunks[0], choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] }
}
