import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { chatCompletions, completions } from '../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { embeddings } from '../../src/dialects/embeddings.ts'
import { generateContent } from '../../src/dialects/generate-content.ts'
import { messages, tokenCounts } from '../../src/dialects/messages.ts'
import { inputTokenCounts, responses } from '../../src/dialects/responses.ts'
import { isEmptyReply } from '../../src/pipeline/upstream/empty-reply.ts'

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

function ofResponses(what: string, output: readonly object[], status = 'completed', usage?: object): Case {
  return { what: `responses: ${what}`, dialect: responses, body: { object: 'response', status, output, usage } }
}

function ofGemini(what: string, parts: readonly object[] | undefined, finishReason: string, counts = {}): Case {
  const content = parts === undefined ? { role: 'model' } : { role: 'model', parts }
  const body = { candidates: [{ content, finishReason }], usageMetadata: { promptTokenCount: 9, ...counts } }
  return { what: `generateContent: ${what}`, dialect: generateContent, body }
}

const thoughtOnly = {
  prompt_tokens: 9,
  completion_tokens: 64,
  completion_tokens_details: { reasoning_tokens: 64 },
}

function isEmpty({ dialect, body }: Case): boolean {
  const { finishReason, usage } = dialect.readResponse(body)
  return dialect.reply?.hasOutput(body) === false && isEmptyReply(finishReason, usage, dialect)
}

describe('a reply is empty', () => {
  test.each([
    ofChat('no text', { content: '', refusal: null, tool_calls: [] }),
    ofChat('no message', { content: null }, null, { prompt_tokens: 9, completion_tokens: 0 }),
    ofChat('an error of OpenRouter’s provider', { content: '' }, 'error'),
    ofChat('only hidden reasoning', { content: '' }, 'stop', thoughtOnly),
    { what: 'completions: no text', dialect: completions, body: { choices: [{ text: '', finish_reason: 'stop' }] } },
    ofMessages('no block', [], 'end_turn'),
    ofMessages('an empty text', [{ type: 'text', text: '' }], 'end_turn'),
    ofResponses('no item', []),
    ofResponses('an empty message and hidden reasoning', [
      { type: 'reasoning', summary: [] },
      { type: 'message', content: [{ type: 'output_text', text: '' }] },
    ]),
    ofGemini('no part', undefined, 'STOP'),
    ofGemini('only the signature of hidden thoughts', [{ text: '', thoughtSignature: 'c2ln' }], 'STOP', {
      thoughtsTokenCount: 64,
    }),
    ofGemini('a call that the model wrote wrongly', [], 'MALFORMED_FUNCTION_CALL'),
  ])('$what', (each) => {
    expect(isEmpty(each)).toBe(true)
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
    ofChat('a limit that was reached', { content: '' }, 'length', thoughtOnly),
    ofChat('a filter', { content: '' }, 'content_filter'),
    ofChat('a model that says nothing', { content: '' }, 'stop', { prompt_tokens: 9, completion_tokens: 1 }),
    ofMessages('a text', [{ type: 'text', text: 'Hi' }], 'end_turn', 3),
    ofMessages('a call', [{ type: 'tool_use', id: 't', name: 'f', input: {} }], 'tool_use', 9),
    ofMessages('reasoning', [{ type: 'redacted_thinking', data: 'AA==' }], 'end_turn', 9),
    ofMessages('Claude’s silence after the result of a tool', [], 'end_turn', 3),
    ofMessages('a refusal', [], 'refusal'),
    ofMessages('a limit', [], 'max_tokens'),
    ofResponses('a text', [{ type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }]),
    ofResponses('a refusal', [{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }]),
    ofResponses('a call', [{ type: 'function_call', name: 'f', arguments: '{}' }]),
    ofResponses('a summary of reasoning', [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] }]),
    ofResponses('a limit', [], 'incomplete'),
    ofGemini('a text', [{ text: 'Hi' }], 'STOP'),
    ofGemini('a picture', [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }], 'STOP'),
    ofGemini('a policy', undefined, 'SAFETY'),
    ofGemini('a limit', undefined, 'MAX_TOKENS', { thoughtsTokenCount: 64 }),
  ])('$what', (each) => {
    expect(isEmpty(each)).toBe(false)
  })

  test('in an operation without replies', () => {
    for (const { reply } of [embeddings, tokenCounts, inputTokenCounts]) expect(reply).toBeUndefined()
  })
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
    { dialect: generateContent, event: { usageMetadata: { promptTokenCount: 9 } }, has: false },
    { dialect: generateContent, event: { candidates: [{ content: { parts: [{ text: 'H' }] } }] }, has: true },
  ])('of $dialect.id has output or has none: $event', ({ dialect, event, has }) => {
    expect(dialect.reply?.hasOutput(event)).toBe(has)
  })
})
