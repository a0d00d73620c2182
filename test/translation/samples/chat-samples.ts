import type OpenAI from 'openai'
import type { DialectSamples } from './dialect-samples.ts'

// Sources, read on 2026-11-30: the types of openai 7.57.0, and for the fields of other servers
// https://openrouter.ai/docs/use-cases/reasoning-tokens and https://api-docs.deepseek.com/guides/thinking_mode.

const question = { role: 'user', content: 'How is the weather?' } as const
const picture = 'iVBORw0KGgo='
const weather = { type: 'object', properties: { city: { type: 'string' } } } as const
const weatherTool = { type: 'function', function: { name: 'weather', parameters: weather } } as const
const clockTool = { type: 'function', function: { name: 'clock', parameters: weather } } as const
const breakpoint = { mode: 'explicit', ttl: '30m' } as const
const ephemeral = { type: 'ephemeral', ttl: '1h' } as const

const requests: readonly Partial<OpenAI.ChatCompletionCreateParams>[] = [
  {
    messages: [question],
    model: 'm',
    max_completion_tokens: 500,
    temperature: 0.5,
    presence_penalty: 0.1,
    frequency_penalty: 0.2,
    seed: 7,
    stop: ['END', 'STOP'],
    logit_bias: { '50256': -100 },
    metadata: { project: 'x' },
    moderation: { model: 'omni', policy: { input: { mode: 'block' }, output: { mode: 'score' } } },
    prompt_cache_options: { mode: 'explicit', ttl: '30m' },
    prompt_cache_retention: '24h',
    safety_identifier: 's-1',
    service_tier: 'flex',
    store: true,
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
    user: 'u-1',
    verbosity: 'low',
    web_search_options: {
      search_context_size: 'low',
      user_location: {
        type: 'approximate',
        approximate: { city: 'Jena', country: 'DE', region: 'Thuringia', timezone: 'Europe/Berlin' },
      },
    },
  },
  {
    messages: [question],
    max_tokens: 500,
    top_p: 0.9,
    prompt_cache_key: 'k',
    parallel_tool_calls: false,
    tools: [weatherTool],
  },
  { messages: [question, { role: 'assistant', content: 'Sunny.' }] },
  { messages: [question], prediction: { type: 'content', content: 'Sunny' } },
  {
    messages: [question],
    prediction: { type: 'content', content: [{ type: 'text', text: 'Sunny', prompt_cache_breakpoint: breakpoint }] },
  },
  ...(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const).map((effort) => ({
    messages: [question],
    reasoning_effort: effort,
  })),
  {
    messages: [
      { role: 'system', content: 'Be brief.', name: 'operator' },
      { role: 'developer', content: 'Be kind.', name: 'developer' },
      { ...question, name: 'Ada' },
      { role: 'assistant', content: 'Sunny.', name: 'Claude', refusal: 'No.' },
      question,
    ],
  },
  {
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'Be brief.', prompt_cache_breakpoint: breakpoint }] },
      { role: 'developer', content: [{ type: 'text', text: 'Be kind.', prompt_cache_breakpoint: breakpoint }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look.', prompt_cache_breakpoint: breakpoint },
          {
            type: 'image_url',
            image_url: { url: `data:image/png;base64,${picture}`, detail: 'low' },
            prompt_cache_breakpoint: breakpoint,
          },
          {
            type: 'file',
            file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' },
            prompt_cache_breakpoint: breakpoint,
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I see.', prompt_cache_breakpoint: breakpoint },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
      question,
    ],
  },
  { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] },
  {
    messages: [
      {
        role: 'user',
        content: [
          {
            type: 'input_audio',
            input_audio: { data: 'UklGRg==', format: 'wav' },
            prompt_cache_breakpoint: breakpoint,
          },
        ],
      },
    ],
  },
  {
    tools: [weatherTool],
    messages: [
      question,
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ type: 'function', id: 'c1', function: { name: 'weather', arguments: '{"city":"Jena"}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'Sunny' },
    ],
  },
  {
    tools: [{ type: 'custom', custom: { name: 'note' } }],
    messages: [
      question,
      { role: 'assistant', tool_calls: [{ type: 'custom', id: 'c1', custom: { name: 'note', input: 'abc' } }] },
      {
        role: 'tool',
        tool_call_id: 'c1',
        content: [
          { type: 'text', text: 'Sun', prompt_cache_breakpoint: breakpoint },
          { type: 'text', text: 'ny', prompt_cache_breakpoint: breakpoint },
        ],
      },
    ],
  },
  {
    messages: [
      question,
      { role: 'assistant', function_call: { name: 'weather', arguments: '{"city":"Jena"}' } },
      { role: 'function', name: 'weather', content: 'Sunny' },
    ],
    functions: [{ name: 'weather', description: 'Tells the weather.', parameters: weather }],
    function_call: 'none',
  },
  {
    messages: [question],
    functions: [{ name: 'weather', parameters: weather }],
    function_call: { name: 'weather' },
  },
  { messages: [question, { role: 'assistant', audio: { id: 'audio_1' } }, question] },
  { messages: [question], modalities: ['text', 'audio'] },
  { messages: [question], audio: { format: 'mp3', voice: 'alloy' } },
  { messages: [question], audio: { format: 'mp3', voice: { id: 'voice_1' } } },
  { messages: [question], logprobs: true },
  { messages: [question], logprobs: true, top_logprobs: 2 },
  { messages: [question], n: 2 },
  { messages: [question], response_format: { type: 'text' } },
  { messages: [question], response_format: { type: 'json_object' } },
  {
    messages: [question],
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'weather', description: 'The weather.', strict: true, schema: weather },
    },
  },
  {
    messages: [question],
    tools: [
      {
        type: 'function',
        function: { name: 'weather', description: 'Tells the weather.', strict: true, parameters: weather },
      },
      {
        type: 'custom',
        custom: {
          name: 'note',
          description: 'Writes a note.',
          format: { type: 'grammar', grammar: { syntax: 'regex', definition: '[a-z]+' } },
        },
      },
    ],
  },
  { messages: [question], tools: [{ type: 'custom', custom: { name: 'note', format: { type: 'text' } } }] },
  ...(['auto', 'none', 'required'] as const).map((choice) => ({
    messages: [question],
    tools: [weatherTool],
    tool_choice: choice,
  })),
  {
    messages: [question],
    tools: [weatherTool, clockTool],
    tool_choice: { type: 'function', function: { name: 'weather' } },
  },
  {
    messages: [question],
    tools: [{ type: 'custom', custom: { name: 'note' } }],
    tool_choice: { type: 'custom', custom: { name: 'note' } },
  },
  {
    messages: [question],
    tools: [weatherTool, clockTool],
    tool_choice: {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'weather' } }] },
    },
  },
]

/** Fields that servers other than OpenAI's accept. */
const requestsOfOthers: readonly object[] = [
  { messages: [question], top_k: 40, cache_control: ephemeral },
  { messages: [question], reasoning: { effort: 'high' } },
  { messages: [question], reasoning: { effort: 'high', exclude: true } },
  { messages: [question], reasoning: { max_tokens: 2_000 } },
  { messages: [question], reasoning: { enabled: false } },
  { messages: [question], thinking: { type: 'enabled', budget_tokens: 2_000 } },
  { messages: [question], thinking: { type: 'disabled' } },
  {
    messages: [
      question,
      {
        role: 'assistant',
        reasoning_details: [{ type: 'reasoning.text', format: 'anthropic-claude-v1', signature: 'sig', index: 0 }],
        content: 'Sunny.',
      },
      question,
    ],
  },
  { messages: [question, { role: 'assistant', reasoning_content: 'Look outside.', content: 'Sunny.' }, question] },
  {
    messages: [
      question,
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'call_1',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Jena"}' },
            extra_content: { google: { thought_signature: 'EqQB' } },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'Sunny' },
    ],
  },
  { messages: [question, { role: 'assistant', reasoning: 'Look outside.', content: 'Sunny.' }, question] },
  {
    tools: [{ ...weatherTool, cache_control: ephemeral }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'A' },
          { type: 'text', text: 'B', cache_control: ephemeral },
        ],
      },
    ],
  },
]

const extensions: readonly string[] = [
  'top_k',
  'cache_control',
  'reasoning.effort',
  'reasoning.exclude',
  'reasoning.max_tokens',
  'reasoning.enabled',
  'thinking[enabled].budget_tokens',
  'thinking[disabled]',
  'messages[assistant].reasoning_content',
  'messages[assistant].reasoning',
  'messages[assistant].reasoning_details[reasoning.text].format',
  'messages[assistant].reasoning_details[reasoning.text].signature',
  'messages[assistant].reasoning_details[reasoning.text].index',
  'messages[assistant].tool_calls[function].extra_content.google.thought_signature',
  'messages[user].content[text].cache_control',
  'tools[function].cache_control',
]

export const chatSamples: DialectSamples = {
  name: 'chat completions',
  types: {
    files: ['openai/resources/chat/completions/completions.d.ts', 'openai/resources/shared.d.ts'],
    root: 'ChatCompletionCreateParamsBase',
  },
  models: ['gpt-4.1', 'gpt-5.5'],
  requests: [...requests, ...requestsOfOthers],
  extensions,
  valued: ['reasoning_effort', 'tool_choice', 'function_call'],
  toName: (path) => path.replace(/^metadata\..*/, 'metadata'),
  unread: {
    model: 'Weir writes the model of the target.',
    stream: 'The path of Gemini’s call says it.',
    'stream_options.include_usage': 'Weir adds the usage to the stream itself.',
    'stream_options.include_obfuscation': 'The padding is OpenAI’s own.',
    'response_format[text]': 'Text is the default.',
    'response_format[json_schema].json_schema.name': 'It labels the schema.',
    'response_format[json_schema].json_schema.strict': 'Claude and Gemini always follow the schema.',
    'reasoning.exclude': 'Responses shows no reasoning unless it is asked to.',
    top_logprobs: 'It stands beside `logprobs`.',
    'tools[custom].custom.format[text]': 'Text is the default.',
    'messages[assistant].reasoning_details[reasoning.text].index': 'The order says the same.',
  },
}
