import type OpenAI from 'openai'
import type { DialectSamples } from './dialect-samples.ts'

// Source, read on 2026-11-30: the types of openai 7.57.0.

const itemId = 'The id of an item means nothing elsewhere.'
const isComplete = 'The items of a request are complete.'
const question = { type: 'message', role: 'user', content: 'How is the weather?' } as const
const weather = { type: 'object', properties: { city: { type: 'string' } } }
const breakpoint = { mode: 'explicit', ttl: '30m' } as const
const weatherTool = { type: 'function', name: 'weather', parameters: weather, strict: false } as const
const clockTool = { type: 'function', name: 'clock', parameters: weather, strict: false } as const
const noteTool = { type: 'custom', name: 'note' } as const

const mediaParts: readonly OpenAI.Responses.ResponseInputContent[] = [
  { type: 'input_text', text: 'Look.', prompt_cache_breakpoint: breakpoint },
  {
    type: 'input_image',
    image_url: 'data:image/png;base64,iVBORw0KGgo=',
    detail: 'low',
    prompt_cache_breakpoint: breakpoint,
  },
  { type: 'input_image', file_id: 'file-1', detail: 'auto' },
  {
    type: 'input_file',
    file_data: 'data:application/pdf;base64,JVBERi0=',
    filename: 'a.pdf',
    detail: 'low',
    prompt_cache_breakpoint: breakpoint,
  },
  { type: 'input_file', file_id: 'file-1' },
  { type: 'input_file', file_url: 'https://example.com/a.pdf' },
]

const hi: OpenAI.Responses.ResponseInputText = { type: 'input_text', text: 'Hi' }
const functionCall = {
  type: 'function_call',
  id: 'fc_1',
  call_id: 'c1',
  name: 'weather',
  arguments: '{"city":"Jena"}',
} as const
const customCall = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'c1', name: 'note', input: 'abc' } as const

const requests: readonly Partial<OpenAI.Responses.ResponseCreateParams>[] = [
  {
    model: 'm',
    input: 'How is the weather?',
    instructions: 'Be brief.',
    max_output_tokens: 500,
    max_tool_calls: 3,
    metadata: { project: 'x' },
    moderation: { model: 'omni', policy: { input: { mode: 'block' }, output: { mode: 'score' } } },
    parallel_tool_calls: false,
    tools: [weatherTool],
    prompt_cache_key: 'k',
    prompt_cache_options: { mode: 'explicit', ttl: '30m' },
    prompt_cache_retention: '24h',
    safety_identifier: 's-1',
    service_tier: 'flex',
    stream: true,
    stream_options: { include_obfuscation: false },
    temperature: 0.5,
    text: { verbosity: 'low' },
    user: 'u-1',
    context_management: [{ type: 'compaction', compact_threshold: 1_000 }],
    include: ['file_search_call.results'],
    truncation: 'auto',
  },
  { input: [question], top_p: 0.9, store: false },
  { input: [question], store: true },
  { input: [question], background: true },
  { input: [question], conversation: 'conv_1' },
  { input: [question], conversation: { id: 'conv_1' } },
  { input: [question], previous_response_id: 'resp_1' },
  { input: [question], prompt: { id: 'pmpt_1', version: '1', variables: { name: 'x' } } },
  { input: [question], include: ['message.output_text.logprobs'] },
  { input: [question], include: ['message.output_text.logprobs'], top_logprobs: 2 },
  { input: [question], top_logprobs: 2 },
  ...(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const).map((effort) => ({
    input: [question],
    reasoning: { effort },
  })),
  { input: [question], reasoning: { effort: 'high', summary: 'auto' } },
  { input: [question], reasoning: { effort: 'high', generate_summary: 'auto' } },
  { input: [question], text: { format: { type: 'text' } } },
  { input: [question], text: { format: { type: 'json_object' } } },
  {
    input: [question],
    text: {
      format: { type: 'json_schema', name: 'weather', description: 'The weather.', strict: true, schema: weather },
    },
  },
  {
    input: [
      { type: 'message', role: 'system', content: 'Be brief.' },
      { type: 'message', role: 'developer', content: 'Be kind.' },
      question,
      { type: 'message', role: 'assistant', content: 'Sunny.' },
    ],
  },
  {
    input: [
      { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'Be brief.' }], status: 'completed' },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be kind.' }], status: 'completed' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }], status: 'completed' },
      {
        type: 'message',
        role: 'assistant',
        id: 'msg_1',
        status: 'completed',
        phase: 'final_answer',
        content: [
          { type: 'output_text', text: 'Sunny.', annotations: [], logprobs: [] },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
    ],
  },
  ...mediaParts.flatMap((part) => [
    { input: [toUser(part)] },
    { input: [question, functionCall, toResult(part)] },
    { input: [question, customCall, toCustomResult(part)] },
  ]),
  {
    tools: [weatherTool],
    input: [
      question,
      {
        ...functionCall,
        status: 'completed',
        namespace: 'home',
        caller: { type: 'direct' },
      },
      {
        type: 'function_call_output',
        id: 'fco_1',
        call_id: 'c1',
        output: 'Sunny',
        status: 'completed',
        caller: { type: 'direct' },
      },
    ],
  },
  {
    tools: [noteTool],
    input: [
      question,
      { ...customCall, namespace: 'home', caller: { type: 'direct' } },
      { type: 'custom_tool_call_output', id: 'cto_1', call_id: 'c1', output: 'Done', caller: { type: 'direct' } },
    ],
  },
  {
    input: [
      question,
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'Look outside.' }],
        content: [{ type: 'reasoning_text', text: 'I look outside.' }],
        encrypted_content: 'gAAA',
        status: 'completed',
      },
      { type: 'message', role: 'assistant', content: 'Sunny.' },
      question,
    ],
  },
  {
    input: [question],
    tools: [
      {
        ...weatherTool,
        strict: true,
        description: 'Tells the weather.',
        allowed_callers: ['direct'],
        defer_loading: true,
        output_schema: weather,
      },
      {
        ...noteTool,
        description: 'Writes a note.',
        format: { type: 'grammar', syntax: 'regex', definition: '[a-z]+' },
        allowed_callers: ['direct'],
        defer_loading: true,
      },
    ],
  },
  {
    input: [question],
    tools: [
      {
        type: 'namespace',
        name: 'home',
        description: 'The house.',
        tools: [
          {
            type: 'function',
            name: 'light',
            description: 'Switches the light.',
            strict: true,
            parameters: weather,
            allowed_callers: ['direct'],
            defer_loading: true,
            output_schema: weather,
          },
          {
            type: 'custom',
            name: 'memo',
            description: 'Writes a memo.',
            format: { type: 'grammar', syntax: 'regex', definition: '[a-z]+' },
            allowed_callers: ['direct'],
            defer_loading: true,
          },
        ],
      },
    ],
  },
  { input: [question], tools: [{ ...noteTool, format: { type: 'text' } }] },
  {
    input: [question],
    tools: [
      {
        type: 'namespace',
        name: 'home',
        description: 'The house.',
        tools: [{ type: 'custom', name: 'memo', format: { type: 'text' } }],
      },
    ],
  },
  ...(['auto', 'none', 'required'] as const).map((choice) => ({
    input: [question],
    tools: [weatherTool],
    tool_choice: choice,
  })),
  { input: [question], tools: [weatherTool, clockTool], tool_choice: { type: 'function', name: 'weather' } },
  { input: [question], tools: [noteTool], tool_choice: { type: 'custom', name: 'note' } },
  {
    input: [question],
    tools: [weatherTool, clockTool, { ...clockTool, name: 'map' }],
    tool_choice: {
      type: 'allowed_tools',
      mode: 'required',
      tools: [
        { type: 'function', name: 'weather' },
        { type: 'function', name: 'clock' },
      ],
    },
  },
]

/** Newer fields, and items and tools that exist at OpenAI only, each in a request of its own. */
const requestsOfOthers: readonly object[] = [
  {
    input: [question],
    access_programs: { cyber: 'x' },
    image: { context_compression: 'auto' },
    prompt_cache_options: { comparison_response_id: 'resp_0', prewarm: true },
    reasoning: { context: 'auto', mode: 'pro' },
  },
  { input: [question, { ...functionCall, async: true }, { ...customCall, async: true }] },
  {
    input: [
      question,
      functionCall,
      { type: 'function_call_output', call_id: 'c1', name: 'weather', namespace: 'home', output: 'Sunny' },
    ],
  },
  { input: [{ type: 'message', role: 'user', content: 'Hello', phase: 'commentary' }] },
  { input: [{ type: 'message', role: 'system', content: 'Hello', phase: 'commentary' }, question] },
  { input: [{ type: 'message', role: 'developer', content: 'Hello', phase: 'commentary' }, question] },
  {
    input: [question],
    tools: [
      { ...weatherTool, async: true },
      { ...noteTool, async: true },
      {
        type: 'namespace',
        name: 'home',
        description: 'The house.',
        tools: [
          { type: 'function', name: 'light', async: true },
          { type: 'custom', name: 'memo', async: true },
        ],
      },
    ],
  },
  { input: [question, { type: 'additional_tools', role: 'developer', id: 'at_1', tools: [weatherTool] }] },
  ...[
    'file_search_call',
    'computer_call',
    'computer_call_output',
    'web_search_call',
    'tool_search_call',
    'tool_search_output',
    'configuration_update',
    'compaction',
    'compaction_trigger',
    'image_generation_call',
    'code_interpreter_call',
    'local_shell_call',
    'local_shell_call_output',
    'shell_call',
    'shell_call_output',
    'apply_patch_call',
    'apply_patch_call_output',
    'mcp_list_tools',
    'mcp_approval_request',
    'mcp_approval_response',
    'mcp_call',
    'item_reference',
    'program',
    'program_output',
  ].map((type) => ({ input: [question, { type }] })),
  ...[
    'file_search',
    'computer',
    'computer_use_preview',
    'web_search',
    'web_search_2025_08_26',
    'mcp',
    'code_interpreter',
    'programmatic_tool_calling',
    'image_generation',
    'local_shell',
    'shell',
    'tool_search',
    'web_search_preview',
    'web_search_preview_2025_03_11',
    'apply_patch',
  ].map((type) => ({ input: [question], tools: [{ type }] })),
  ...[
    'file_search',
    'web_search_preview',
    'web_search_preview_2025_03_11',
    'computer',
    'computer_use_preview',
    'computer_use',
    'image_generation',
    'code_interpreter',
    'mcp',
    'programmatic_tool_calling',
    'apply_patch',
    'shell',
  ].map((type) => ({ input: [question], tools: [weatherTool], tool_choice: { type } })),
]

function toUser(part: OpenAI.Responses.ResponseInputContent): OpenAI.Responses.ResponseInputItem {
  return { type: 'message', role: 'user', content: [hi, part] }
}

function toResult(part: OpenAI.Responses.ResponseInputContent): OpenAI.Responses.ResponseInputItem {
  return { type: 'function_call_output', call_id: 'c1', output: [hi, part] }
}

function toCustomResult(part: OpenAI.Responses.ResponseInputContent): OpenAI.Responses.ResponseInputItem {
  return { type: 'custom_tool_call_output', call_id: 'c1', output: [hi, part] }
}

export const responsesSamples: DialectSamples = {
  name: 'Responses',
  types: {
    files: ['openai/resources/responses/responses.d.ts', 'openai/resources/shared.d.ts'],
    root: 'ResponseCreateParamsBase',
  },
  models: ['gpt-4.1', 'gpt-5.5'],
  requests: [...requests, ...requestsOfOthers],
  extensions: [],
  valued: ['reasoning.effort', 'tool_choice', 'store', 'tools[function].strict'],
  // All roles have the same parts, and a developer's message may add tools.
  toName: (path) =>
    path
      .replace('context_management[compaction]', 'context_management[]')
      .replace(/^metadata\..*/, 'metadata')
      .replace(/^prompt\.variables.*/, 'prompt.variables')
      .replace(/^input\[developer\]\.tools\[/, 'tools[')
      .replace(/^input\[(?:user|assistant|system|developer)\]\.content\[/, 'input[].content['),
  unread: {
    model: 'Weir writes the model of the target.',
    stream: 'The path of Gemini’s call says it.',
    'stream_options.include_obfuscation': 'The padding is OpenAI’s own.',
    'store: false': 'Nothing is stored elsewhere.',
    'tools[function].strict: false': 'False is the default.',
    top_logprobs: 'It stands beside `include`.',
    'reasoning.summary': 'The response has the reasoning that the provider shows.',
    'reasoning.generate_summary': 'The response has the reasoning that the provider shows.',
    'text.format[json_schema].name': 'It labels the schema.',
    'text.format[json_schema].strict': 'Claude and Gemini always follow the schema.',
    'input[].content[output_text].annotations': 'They describe the text for a reader.',
    'input[].content[output_text].logprobs': 'They describe the text for a reader.',
    'input[assistant].id': itemId,
    'input[developer].id': itemId,
    'input[function_call].id': itemId,
    'input[function_call_output].id': itemId,
    'input[custom_tool_call].id': itemId,
    'input[custom_tool_call_output].id': itemId,
    'input[reasoning].id': itemId,
    'input[user].status': isComplete,
    'input[system].status': isComplete,
    'input[developer].status': isComplete,
    'input[assistant].status': isComplete,
    'input[function_call].status': isComplete,
    'input[function_call_output].status': isComplete,
    'input[reasoning].status': isComplete,
    'text.format[text]': 'Text is the default.',
    'tools[custom].format[text]': 'Text is the default.',
    'tools[namespace].tools[custom].format[text]': 'Text is the default.',
  },
}
