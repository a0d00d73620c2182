import { chatCompletions } from '../../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../../src/dialects/dialect.ts'
import { generateContent } from '../../../src/dialects/generate-content.ts'
import { messages } from '../../../src/dialects/messages.ts'
import { responses } from '../../../src/dialects/responses.ts'

// Complete responses that together have the members of each dialect. Sources, read on 2026-11-30: the types of
// openai 7.57.0, @anthropic-ai/sdk 1.14.0 and @google/genai 3.3.0, and for `reasoning_content` https://api-docs.deepseek.com/guides/thinking_mode.

const chatReply = (message: object, finish_reason: string) => ({
  id: 'chatcmpl-9',
  object: 'chat.completion',
  created: 5,
  model: 'gpt-4.1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Sunny.', ...message }, finish_reason }],
})

const message = (content: readonly object[], stop_reason: string, others: object = {}) => ({
  id: 'msg_9',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-5-5',
  content,
  stop_reason,
  stop_sequence: null,
  usage: { input_tokens: 80, output_tokens: 7 },
  ...others,
})

const textItem = {
  id: 'msg_9',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Sunny.', annotations: [] }],
}

const response = (output: readonly object[], others: object = {}) => ({
  id: 'resp_9',
  object: 'response',
  created_at: 5,
  status: 'completed',
  model: 'gpt-5.5',
  output,
  ...others,
})

const geminiReply = (parts: readonly object[], finishReason: string, others: object = {}) => ({
  candidates: [{ content: { parts, role: 'model' }, finishReason, index: 0, ...others }],
  modelVersion: 'gemini-3.1-pro-preview',
  responseId: 'r9',
})

const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Jena"}' } }
const sunny = { type: 'text', text: 'Sunny.' }

export interface ReplySamples {
  readonly replies: readonly object[]
  /** Members whose values have outcomes of their own, each with the value that the others are compared with. */
  readonly valued: Readonly<Record<string, string>>
}

export const replySamples: ReadonlyMap<Dialect, ReplySamples> = new Map<Dialect, ReplySamples>([
  [
    chatCompletions,
    {
      valued: { 'choices[].finish_reason': 'length' },
      replies: [
        {
          ...chatReply(
            { annotations: [{ type: 'url_citation', url_citation: { url: 'https://example.com' } }] },
            'stop',
          ),
          service_tier: 'default',
          system_fingerprint: 'fp_1',
          usage: {
            prompt_tokens: 100,
            completion_tokens: 17,
            total_tokens: 117,
            prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 5, audio_tokens: 1 },
            completion_tokens_details: {
              reasoning_tokens: 9,
              audio_tokens: 2,
              accepted_prediction_tokens: 3,
              rejected_prediction_tokens: 4,
            },
          },
        },
        ...['length', 'tool_calls', 'content_filter', 'function_call'].map((reason) => chatReply({}, reason)),
        chatReply({ reasoning_content: 'Look outside.' }, 'stop'),
        chatReply({ content: null, refusal: 'No.' }, 'stop'),
        chatReply({ content: null, tool_calls: [call] }, 'tool_calls'),
        chatReply({ content: null, function_call: { name: 'weather', arguments: '{"city":"Jena"}' } }, 'function_call'),
        {
          ...chatReply({}, 'stop'),
          choices: [
            {
              index: 0,
              message: { role: 'assistant', content: 'Sunny.' },
              finish_reason: 'stop',
              logprobs: { content: [{ token: 'Sunny.', logprob: -0.1, bytes: null, top_logprobs: [] }], refusal: null },
            },
          ],
        },
      ],
    },
  ],
  [
    messages,
    {
      valued: { stop_reason: 'max_tokens' },
      replies: [
        message([sunny], 'end_turn', {
          container: { id: 'container_1', expires_at: '2026-12-01T00:00:00Z' },
          usage: {
            input_tokens: 80,
            output_tokens: 17,
            cache_creation_input_tokens: 9,
            cache_read_input_tokens: 20,
            cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 4 },
            output_tokens_details: { thinking_tokens: 9 },
            server_tool_use: { web_search_requests: 1 },
            service_tier: 'standard',
          },
        }),
        ...['max_tokens', 'tool_use', 'pause_turn', 'refusal', 'model_context_window_exceeded'].map((reason) =>
          message([sunny], reason),
        ),
        message([sunny], 'stop_sequence', { stop_sequence: 'END' }),
        message([sunny], 'refusal', { stop_details: { type: 'refusal', category: 'cyber', explanation: 'Why.' } }),
        message([{ ...sunny, citations: [{ type: 'char_location', cited_text: 'Sun' }] }], 'end_turn'),
        message([{ type: 'thinking', thinking: 'Look outside.', signature: 'sig' }, sunny], 'end_turn'),
        message([{ type: 'redacted_thinking', data: 'xyz' }, sunny], 'end_turn'),
        message([{ type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Jena' } }], 'tool_use'),
        message([{ type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} }, sunny], 'end_turn'),
      ],
    },
  ],
  [
    responses,
    {
      valued: { status: 'incomplete', 'incomplete_details.reason': 'max_output_tokens' },
      replies: [
        response([textItem], {
          completed_at: 6,
          metadata: { project: 'x' },
          service_tier: 'default',
          usage: {
            input_tokens: 100,
            input_tokens_details: { cached_tokens: 20, cache_write_tokens: 5 },
            output_tokens: 17,
            output_tokens_details: { reasoning_tokens: 9 },
            total_tokens: 117,
          },
        }),
        ...['max_output_tokens', 'content_filter'].map((reason) =>
          response([textItem], { status: 'incomplete', incomplete_details: { reason } }),
        ),
        response([
          {
            id: 'rs_9',
            type: 'reasoning',
            summary: [{ type: 'summary_text', text: 'Look outside.' }],
            encrypted_content: 'gAAA',
          },
          textItem,
        ]),
        response([{ ...textItem, content: [{ type: 'refusal', refusal: 'No.' }] }]),
        response([
          { id: 'fc_9', type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Jena"}' },
        ]),
        response([{ id: 'ctc_9', type: 'custom_tool_call', call_id: 'call_1', name: 'note', input: 'abc' }]),
        response([{ id: 'ws_9', type: 'web_search_call', status: 'completed' }, textItem]),
      ],
    },
  ],
  [
    generateContent,
    {
      valued: { 'candidates[].finishReason': 'MAX_TOKENS' },
      replies: [
        {
          ...geminiReply([{ text: 'Sunny.' }], 'STOP', {
            avgLogprobs: -0.1,
            citationMetadata: { citations: [{ uri: 'https://example.com' }] },
            groundingMetadata: { webSearchQueries: ['weather'] },
            safetyRatings: [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'LOW' }],
            tokenCount: 7,
            urlContextMetadata: { urlMetadata: [{ retrievedUrl: 'https://example.com' }] },
            logprobsResult: { chosenCandidates: [{ token: 'Sunny.', logProbability: -0.1 }] },
          }),
          createTime: '2026-11-30T00:00:00Z',
          usageMetadata: {
            promptTokenCount: 100,
            cachedContentTokenCount: 20,
            candidatesTokenCount: 8,
            thoughtsTokenCount: 9,
            totalTokenCount: 117,
          },
        },
        {
          ...geminiReply(
            [{ text: 'Sunny.' }, { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }],
            'STOP',
            {
              finishMessage: 'Why.',
              groundingMetadata: { groundingChunks: [{ web: { uri: 'https://example.com', title: 'Weather' } }] },
              logprobsResult: {
                chosenCandidates: [{ token: 'Sunny.', logProbability: -0.1 }],
                topCandidates: [{ candidates: [{ token: 'Rainy.', logProbability: -2 }] }],
              },
            },
          ),
          usageMetadata: {
            promptTokenCount: 100,
            promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 40 }],
            toolUsePromptTokenCount: 30,
            candidatesTokenCount: 8,
            candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 5 }],
            totalTokenCount: 138,
            trafficType: 'ON_DEMAND',
            serviceTier: 'priority',
          },
        },
        ...['MAX_TOKENS', 'CONTINUATION', 'SAFETY', 'RECITATION', 'OTHER', 'MALFORMED_FUNCTION_CALL'].map((reason) =>
          geminiReply([{ text: 'Sunny.' }], reason),
        ),
        geminiReply([{ text: 'Look outside.', thought: true }, { text: 'Sunny.' }], 'STOP'),
        geminiReply([{ text: 'Sunny.', thoughtSignature: 'c2ln' }], 'STOP'),
        geminiReply([{ functionCall: { id: 'call_1', name: 'weather', args: { city: 'Jena' } } }], 'STOP'),
        geminiReply(
          [
            { text: 'Sunny.' },
            { executableCode: { language: 'PYTHON', code: '1' } },
            { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
          ],
          'STOP',
        ),
        { ...geminiReply([{ text: 'Sunny.' }], 'STOP'), promptFeedback: { blockReason: 'SAFETY' } },
      ],
    },
  ],
])
