import type Anthropic from '@anthropic-ai/sdk'
import type { DialectSamples } from './dialect-samples.ts'

// Sources, read on 2026-11-30: the types of @anthropic-ai/sdk 1.14.0, and for the fields of earlier models
// https://platform.claude.com/docs/en/api/messages/create.

const question = { role: 'user', content: 'How is the weather?' } as const
const picture = 'iVBORw0KGgo='
const weather = { type: 'object', properties: { city: { type: 'string' } } } as const
const ephemeral = { type: 'ephemeral', ttl: '1h' } as const

const citations: Anthropic.TextCitationParam[] = [
  {
    type: 'char_location',
    cited_text: 'Sun',
    document_index: 0,
    document_title: 'a',
    start_char_index: 0,
    end_char_index: 3,
  },
]
const messagesTool = { type: 'custom', name: 'weather', input_schema: weather } as const
const clock = { type: 'custom', name: 'clock', input_schema: weather } as const
const base64 = { type: 'base64', media_type: 'image/png', data: picture } as const
const hi = { type: 'text', text: 'Hi' } as const

const mediaBlocks: readonly (Anthropic.ImageBlockParam | Anthropic.DocumentBlockParam)[] = [
  {
    type: 'image',
    source: base64,
    cache_control: ephemeral,
    transformations: { oversized_image: 'error' },
  },
  { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
  { type: 'image', source: { type: 'file', file_id: 'file_1' } },
  {
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
    cache_control: ephemeral,
    citations: { enabled: true },
    context: 'From the archive.',
    title: 'a.pdf',
  },
  {
    type: 'document',
    source: { type: 'text', media_type: 'text/plain', data: 'Sunny' },
    cache_control: ephemeral,
    citations: { enabled: true },
    context: 'From the archive.',
    title: 'b.txt',
  },
  { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
  { type: 'document', source: { type: 'file', file_id: 'file_1' } },
  { type: 'document', source: { type: 'content', content: 'Sunny' } },
  { type: 'document', source: { type: 'content', content: [hi] } },
]

/** Blocks that exist at Anthropic only, each in a request of its own. */
const hostedBlocks: readonly Anthropic.ContentBlockParam[] = [
  { type: 'search_result', source: 's', title: 't', content: [hi] },
  { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} },
  { type: 'web_search_tool_result', tool_use_id: 'srv_1', content: [] },
  {
    type: 'web_fetch_tool_result',
    tool_use_id: 'srv_1',
    content: { type: 'web_fetch_tool_result_error', error_code: 'unavailable' },
  },
  {
    type: 'code_execution_tool_result',
    tool_use_id: 'srv_1',
    content: { type: 'code_execution_tool_result_error', error_code: 'unavailable' },
  },
  {
    type: 'bash_code_execution_tool_result',
    tool_use_id: 'srv_1',
    content: { type: 'bash_code_execution_tool_result_error', error_code: 'unavailable' },
  },
  {
    type: 'text_editor_code_execution_tool_result',
    tool_use_id: 'srv_1',
    content: { type: 'text_editor_code_execution_tool_result_error', error_code: 'unavailable' },
  },
  {
    type: 'tool_search_tool_result',
    tool_use_id: 'srv_1',
    content: { type: 'tool_search_tool_result_error', error_code: 'unavailable' },
  },
  { type: 'container_upload', file_id: 'file_1' },
]

const called: readonly Anthropic.MessageParam[] = [
  question,
  { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'Jena' } }] },
]

const requests: readonly Partial<Anthropic.MessageCreateParams>[] = [
  {
    max_tokens: 500,
    messages: [question],
    model: 'm',
    cache_control: ephemeral,
    container: 'container_1',
    inference_geo: 'eu',
    metadata: { user_id: 'u-1' },
    service_tier: 'standard_only',
    speed: 'fast',
    stop_sequences: ['END', 'STOP'],
    stream: true,
    system: 'Be brief.',
    user_profile_id: 'p',
    workspace_id: 'w',
  },
  {
    messages: [question],
    system: [{ ...hi, cache_control: ephemeral, citations }, hi],
    diagnostics: { previous_message_id: 'msg_0' },
  },
  ...(['low', 'medium', 'high', 'xhigh', 'max'] as const).map((effort) => ({
    messages: [question],
    output_config: { effort },
  })),
  { messages: [question, { role: 'assistant', content: 'I see.' }] },
  { messages: [question], output_config: { format: { type: 'json_schema', schema: weather } } },
  { messages: [question], thinking: { type: 'enabled', budget_tokens: 2_000, display: 'omitted' } },
  { messages: [question], thinking: { type: 'adaptive', display: 'omitted' } },
  { messages: [question], thinking: { type: 'disabled' } },
  { messages: [question], thinking: { type: 'between_tools' } },
  {
    messages: [
      {
        role: 'user',
        content: [
          { ...hi, cache_control: ephemeral, citations },
          {
            type: 'image',
            source: base64,
            cache_control: ephemeral,
            transformations: { oversized_image: 'error' },
          },
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
            cache_control: ephemeral,
            citations: { enabled: true },
            context: 'From the archive.',
            title: 'a.pdf',
          },
        ],
      },
      { role: 'assistant', content: 'I see.' },
      { role: 'system', content: 'Be kind.' },
      question,
    ],
  },
  {
    messages: [
      {
        role: 'user',
        content: [
          hi,
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Sunny' }, title: 'b.txt' },
        ],
      },
      { role: 'system', content: [{ ...hi, cache_control: ephemeral, citations }] },
    ],
  },
  ...mediaBlocks.flatMap((block) => [
    { messages: [toUser(hi, block)] },
    { messages: [...called, toUser({ type: 'tool_result', tool_use_id: 'c1', content: [hi, block] } as const)] },
  ]),
  ...hostedBlocks.map((block) => ({ messages: [toUser(block)] })),
  {
    messages: [
      question,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Look outside.', signature: 'sig' },
          { type: 'redacted_thinking', data: 'xyz' },
          {
            type: 'tool_use',
            id: 'c1',
            name: 'weather',
            input: { city: 'Jena' },
            cache_control: ephemeral,
            caller: { type: 'direct' },
            toolset_name: 'set',
          },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'c1',
            is_error: true,
            cache_control: ephemeral,
            content: 'Sunny',
            toolset_name: 'set',
          },
        ],
      },
    ],
    tools: [messagesTool],
  },
  {
    messages: [
      ...called,
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'c1',
            content: [
              { ...hi, cache_control: ephemeral, citations },
              { type: 'image', source: base64, cache_control: ephemeral },
              {
                type: 'document',
                source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
                title: 'a.pdf',
              },
            ],
          },
        ],
      },
    ],
  },
  {
    messages: [
      ...called,
      toUser({
        type: 'tool_result',
        tool_use_id: 'c1',
        content: [{ type: 'search_result', source: 's', title: 't', content: [hi] }],
      }),
    ],
  },
  {
    messages: [
      ...called,
      toUser({
        type: 'tool_result',
        tool_use_id: 'c1',
        content: [{ type: 'tool_reference', tool_name: 'weather' }],
      }),
    ],
  },
  {
    messages: [question],
    tools: [
      {
        ...messagesTool,
        description: 'Tells the weather.',
        strict: true,
        cache_control: ephemeral,
        allowed_callers: ['direct'],
        defer_loading: true,
        eager_input_streaming: true,
        input_examples: [{ city: 'Jena' }],
      },
    ],
  },
  { messages: [question], tools: [messagesTool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
  { messages: [question], tools: [messagesTool], tool_choice: { type: 'any', disable_parallel_tool_use: true } },
  { messages: [question], tools: [messagesTool], tool_choice: { type: 'none' } },
  {
    messages: [question],
    tools: [messagesTool, clock],
    tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
  },
]

const requestsOfOthers: readonly object[] = [
  { max_tokens: 500, messages: [question], temperature: 0.5, top_k: 40 },
  { max_tokens: 500, messages: [question], top_p: 0.9 },
  { messages: [question], output_format: { type: 'json_schema', schema: weather } },
  { messages: [question], container: { id: 'container_1', skills: [] } },
  {
    messages: [
      ...called,
      toUser({ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'browser_state', tabs: [] }] }),
    ],
  },
  { messages: [question], tools: [{ type: 'browser_toolset_20260801' }] },
  { messages: [question], tools: [{ type: 'computer_toolset_20260801' }] },
  ...[
    'bash_20250124',
    'code_execution_20250522',
    'code_execution_20250825',
    'code_execution_20260120',
    'code_execution_20260521',
    'memory_20250818',
    'text_editor_20250124',
    'text_editor_20250429',
    'text_editor_20250728',
    'web_search_20250305',
    'web_search_20260209',
    'web_search_20260318',
    'web_fetch_20250910',
    'web_fetch_20260209',
    'web_fetch_20260309',
    'web_fetch_20260318',
    'tool_search_tool_bm25',
    'tool_search_tool_bm25_20251119',
    'tool_search_tool_regex',
    'tool_search_tool_regex_20251119',
  ].map((type) => ({ messages: [question], tools: [{ type, name: type.replace(/_\d+$/, '') }] })),
]

/** Fields of earlier models and versions, which the types lack. */
const extensions: readonly string[] = ['temperature', 'top_k', 'top_p', 'output_format[json_schema].schema']

function toUser(...content: Anthropic.ContentBlockParam[]): Anthropic.MessageParam {
  return { role: 'user', content }
}

export const messagesSamples: DialectSamples = {
  name: 'Messages',
  types: { files: ['@anthropic-ai/sdk/resources/messages/messages.d.ts'], root: 'MessageCreateParamsBase' },
  models: ['claude-sonnet-4-5', 'claude-opus-5-5'],
  requests: [...requests, ...requestsOfOthers],
  extensions,
  valued: ['output_config.effort'],
  // Both roles have the same blocks.
  toName: (path) => path.replace(/^messages\[(?:user|assistant)\]\.content\[/, 'messages[].content['),
  unread: {
    'thinking[adaptive].display': 'Responses shows no reasoning unless it is asked to.',
    'thinking[enabled].display': 'Responses shows no reasoning unless it is asked to.',
    model: 'Weir writes the model of the target.',
    stream: 'The path of Gemini’s call says it.',
    'messages[].content[document].source[text].media_type': 'It is always `text/plain`.',
    'messages[].content[tool_result].content[document].source[text].media_type': 'It is always `text/plain`.',
  },
}
