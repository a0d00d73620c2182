import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { speech, transcriptions, translations } from '../../src/dialects/audio.ts'
import { chatCompletions, completions } from '../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { batchEmbedContents, embedContent } from '../../src/dialects/embed-content.ts'
import { embeddings, moderations } from '../../src/dialects/embeddings.ts'
import { generateContent } from '../../src/dialects/generate-content.ts'
import { imageEdits, imageGenerations } from '../../src/dialects/images.ts'
import { messages, tokenCounts } from '../../src/dialects/messages.ts'
import { inputTokenCounts, responses } from '../../src/dialects/responses.ts'
import { faultOf } from '../../src/pipeline/upstream/reply-fault.ts'

interface Case {
  readonly what: string
  readonly dialect: Dialect
  readonly body: JsonObject
}

function ofChat(what: string, message: object, finish_reason: string | null = 'stop', usage?: object): Case {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }]
  return { what: `chat: ${what}`, dialect: chatCompletions, body: { choices, usage } }
}

function ofMessages(what: string, content: readonly object[], stop_reason: string, output_tokens = 0): Case {
  const body = { type: 'message', content, stop_reason, usage: { input_tokens: 9, output_tokens } }
  return { what: `messages: ${what}`, dialect: messages, body }
}

function ofResponses(
  what: string,
  output: readonly object[],
  status = 'completed',
  usage?: object,
  incomplete_details?: object,
): Case {
  const body = { object: 'response', status, output, usage, incomplete_details }
  return { what: `responses: ${what}`, dialect: responses, body }
}

function ofGemini(what: string, parts: readonly object[] | undefined, finishReason: string, counts = {}): Case {
  const content = parts === undefined ? { role: 'model' } : { role: 'model', parts }
  const body = { candidates: [{ content, finishReason }], usageMetadata: { promptTokenCount: 9, ...counts } }
  return { what: `generateContent: ${what}`, dialect: generateContent, body }
}

const blocked: Case = {
  what: 'generateContent: a prompt that a policy blocked, for another reason',
  dialect: generateContent,
  body: { promptFeedback: { blockReason: 'OTHER' }, usageMetadata: { promptTokenCount: 9 } },
}

const hidden = [{ type: 'thinking', thinking: '', signature: 'c2ln' }]

const thoughtOnly = {
  prompt_tokens: 9,
  completion_tokens: 64,
  completion_tokens_details: { reasoning_tokens: 64 },
}

function judge({ dialect, body }: Case): ReturnType<typeof faultOf> {
  const { finishReason, usage } = dialect.readResponse(body)
  return faultOf([body], finishReason, usage, dialect)
}

describe('a reply is empty', () => {
  test.each([
    ofChat('no text', { content: '', refusal: null, tool_calls: [] }),
    ofChat('no message', { content: null }, null, { prompt_tokens: 9, completion_tokens: 0 }),
    ofChat('an error of OpenRouter’s provider', { content: '' }, 'error'),
    ofChat('only hidden reasoning', { content: '' }, 'stop', thoughtOnly),
    ofChat('a list of empty parts', { content: [{ type: 'text', text: '' }] }),
    ofChat('only the name of the speaker', { content: '', name: 'MiniMax AI' }),
    ofChat('only encrypted reasoning', {
      content: '',
      reasoning_details: [{ type: 'reasoning.encrypted', data: 'AA==', id: 'rs_1', index: 0 }],
    }),
    ofChat('a call that the server did not find', { content: null, tool_calls: [] }, 'tool_calls', thoughtOnly),
    ofChat('many tokens that the server lost', { content: null }, 'stop', { prompt_tokens: 9, completion_tokens: 57 }),
    ofChat('no end', { content: '' }, null, { prompt_tokens: 9, completion_tokens: 1 }),
    { what: 'chat: no choice', dialect: chatCompletions, body: { choices: [] } },
    { what: 'completions: no text', dialect: completions, body: { choices: [{ text: '', finish_reason: 'stop' }] } },
    ofMessages('no block', [], 'end_turn'),
    ofMessages('an empty text', [{ type: 'text', text: '' }], 'end_turn'),
    ofMessages('only hidden reasoning', hidden, 'end_turn', 300),
    ofMessages('a call that is not there', [], 'tool_use', 40),
    ofResponses('no item', []),
    ofResponses('a failed run without its error', [], 'failed'),
    ofResponses('an empty message and hidden reasoning', [
      { type: 'reasoning', summary: [] },
      { type: 'message', content: [{ type: 'output_text', text: '' }] },
    ]),
    ofGemini('no part', undefined, 'STOP'),
    ofGemini('only the signature of hidden thoughts', [{ text: '', thoughtSignature: 'c2ln' }], 'STOP', {
      thoughtsTokenCount: 64,
    }),
    ofGemini('a call that the model wrote wrongly', [], 'MALFORMED_FUNCTION_CALL', { candidatesTokenCount: 5 }),
    ofGemini('no picture', undefined, 'NO_IMAGE', { candidatesTokenCount: 5 }),
    {
      what: 'generateContent: no candidate',
      dialect: generateContent,
      body: { usageMetadata: { promptTokenCount: 9 } },
    },
    { what: 'images: no picture', dialect: imageGenerations, body: { created: 1, data: [], size: '1024x1024' } },
    {
      what: 'images: only a revised prompt, with tokens',
      dialect: imageEdits,
      body: { data: [{ revised_prompt: 'A cat', b64_json: null }], usage: { input_tokens: 9, output_tokens: 900 } },
    },
    { what: 'embeddings: no vector', dialect: embeddings, body: { object: 'list', data: [], model: 'm' } },
    { what: 'embeddings: null', dialect: embeddings, body: { object: 'list', data: null } },
    {
      what: 'embeddings: an empty vector',
      dialect: embeddings,
      body: { data: [{ object: 'embedding', index: 0, embedding: [] }] },
    },
    { what: 'embedContent: no values', dialect: embedContent, body: { embedding: {} } },
    { what: 'batchEmbedContents: no vector', dialect: batchEmbedContents, body: { embeddings: [] } },
  ])('$what', (each) => {
    expect(judge(each)).toBe('empty')
  })
})

describe('a reply is not empty', () => {
  test.each([
    ofChat('a text', { content: 'Hi' }),
    ofChat('a call', { content: null, tool_calls: [{ id: 'c', function: { name: 'f', arguments: '' } }] }),
    ofChat('a refusal', { content: null, refusal: 'No.' }),
    ofChat('sound', { content: null, audio: { id: 'a', data: 'AA==' } }),
    ofChat('a picture', { content: '', images: [{ image_url: { url: 'data:,' } }] }),
    ofChat('visible reasoning', { content: '', reasoning_content: 'Hm.' }),
    ofChat('a space', { content: ' ' }),
    ofChat('a list of parts', { content: [{ type: 'text', text: 'Hi' }] }),
    ofChat('a line break', { content: '\n' }),
    ofChat('a summary of encrypted reasoning', {
      content: '',
      reasoning_details: [{ type: 'reasoning.summary', summary: 'Hm.' }],
    }),
    ofChat('a limit that was reached', { content: '' }, 'length', thoughtOnly),
    ofChat('a model that says nothing', { content: '' }, 'stop', { prompt_tokens: 9, completion_tokens: 1 }),
    ofMessages('a text', [{ type: 'text', text: 'Hi' }], 'end_turn', 3),
    ofMessages('a call', [{ type: 'tool_use', id: 't', name: 'f', input: {} }], 'tool_use', 9),
    ofMessages('visible reasoning', [{ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }], 'end_turn', 9),
    ofMessages('Claude’s silence after the result of a tool', [], 'end_turn', 3),
    ofMessages('a limit', [], 'max_tokens'),
    ofMessages('a full context', [], 'model_context_window_exceeded'),
    ofMessages('a pause', [], 'pause_turn'),
    ofMessages('a stop sequence', [], 'stop_sequence'),
    ofResponses('a text', [{ type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }]),
    ofResponses('a refusal', [{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }]),
    ofResponses('a call', [{ type: 'function_call', name: 'f', arguments: '{}' }]),
    ofResponses('a summary of reasoning', [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] }]),
    ofResponses('a limit', [], 'incomplete'),
    ofResponses('a run that was cancelled', [], 'cancelled'),
    ofResponses('a run in the background', [], 'queued'),
    ofGemini('a text', [{ text: 'Hi' }], 'STOP'),
    ofGemini('a picture', [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }], 'STOP'),
    ofGemini('a limit', undefined, 'MAX_TOKENS', { thoughtsTokenCount: 64 }),
    { what: 'images: a picture', dialect: imageGenerations, body: { data: [{ b64_json: 'AA==' }] } },
    { what: 'images: a link', dialect: imageGenerations, body: { data: [{ url: 'https://pictures.example/1' }] } },
    { what: 'images: another form', dialect: imageGenerations, body: { images: [{ url: 'https://p.example/1' }] } },
    { what: 'embeddings: a vector', dialect: embeddings, body: { data: [{ index: 0, embedding: [0.1] }] } },
    { what: 'embeddings: in base64', dialect: embeddings, body: { data: [{ index: 0, embedding: 'AAAA' }] } },
    { what: 'embeddings: another form', dialect: embeddings, body: { embeddings: [[0.1]] } },
    { what: 'embedContent: values', dialect: embedContent, body: { embedding: { values: [0.1] } } },
  ])('$what', (each) => {
    expect(judge(each)).toBeUndefined()
  })

  test('in an operation whose result may be nothing: silence, harmlessness, a count', () => {
    for (const { reply } of [transcriptions, translations, moderations, tokenCounts, inputTokenCounts])
      expect(reply).toBeUndefined()
  })
})

test.each([
  ofChat('a filter', { content: '' }, 'content_filter'),
  ofMessages('a refusal', [], 'refusal'),
  ofResponses('a filter', [], 'incomplete', undefined, { reason: 'content_filter' }),
  ofGemini('a policy', undefined, 'SAFETY'),
  ofGemini('a policy for pictures', undefined, 'IMAGE_SAFETY'),
  blocked,
])('a policy refuses a reply: $what', (each) => {
  expect(judge(each)).toBe('policy')
})

describe('an event', () => {
  test.each([
    { dialect: chatCompletions, event: { choices: [{ delta: { role: 'assistant', content: '' } }] }, has: false },
    { dialect: chatCompletions, event: { choices: [{ delta: { reasoning: 'Hm' } }] }, has: true },
    { dialect: chatCompletions, event: { choices: [] }, has: false },
    { dialect: messages, event: { type: 'message_start', message: { content: [] } }, has: false },
    { dialect: messages, event: { type: 'ping' }, has: false },
    {
      dialect: messages,
      event: { type: 'content_block_start', content_block: { type: 'text', text: '' } },
      has: false,
    },
    {
      dialect: messages,
      event: { type: 'content_block_start', content_block: { type: 'thinking', thinking: '' } },
      has: false,
    },
    { dialect: messages, event: { type: 'content_block_delta', delta: { type: 'signature_delta' } }, has: false },
    {
      dialect: messages,
      event: { type: 'content_block_delta', delta: { type: 'thinking_delta', thinking: 'Hm' } },
      has: true,
    },
    { dialect: messages, event: { type: 'content_block_delta', delta: { type: 'text_delta', text: 'H' } }, has: true },
    { dialect: messages, event: { type: 'message_delta', delta: { stop_reason: 'end_turn' } }, has: false },
    { dialect: responses, event: { type: 'response.created', response: { output: [] } }, has: false },
    {
      dialect: responses,
      event: { type: 'response.output_item.added', item: { type: 'message', content: [] } },
      has: false,
    },
    {
      dialect: responses,
      event: { type: 'response.output_item.added', item: { type: 'reasoning', summary: [] } },
      has: false,
    },
    {
      dialect: responses,
      event: { type: 'response.output_item.added', item: { type: 'custom_tool_call' } },
      has: true,
    },
    { dialect: responses, event: { type: 'response.output_text.delta', delta: 'H' }, has: true },
    { dialect: imageGenerations, event: { type: 'image_generation.partial_image', b64_json: 'AA==' }, has: true },
    { dialect: imageGenerations, event: { type: 'image_generation.completed', size: '1024x1024' }, has: false },
    { dialect: speech, event: { type: 'speech.audio.delta', audio: 'AA==' }, has: true },
    { dialect: speech, event: { type: 'speech.audio.done', usage: { output_tokens: 9 } }, has: false },
    { dialect: generateContent, event: { usageMetadata: { promptTokenCount: 9 } }, has: false },
    { dialect: generateContent, event: { candidates: [{ content: { parts: [{ text: 'H' }] } }] }, has: true },
  ])('of $dialect.id has output or has none: $event', ({ dialect, event, has }) => {
    expect(dialect.reply?.hasOutput(event)).toBe(has)
  })
})
