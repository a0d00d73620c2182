/** A field in which a request through Weir, or the parts of its reply, differ from those of the AI SDK alone. */
export interface Difference {
  /** The caller's dialect and the provider's. */
  readonly pair: string
  readonly path: string
  readonly reason: string
}

const sameText = 'A string and a list with one text mean the same.'
const noName = 'Messages has no name for a schema, and OpenAI requires one.'

export const differences: readonly Difference[] = [
  ...['chat completions → Messages', 'Responses → Messages'].flatMap((pair) =>
    [
      'system',
      'system[text].text',
      'messages[user].content[tool_result].content',
      'messages[user].content[tool_result].content[text].text',
    ].map((path) => ({ pair, path, reason: sameText })),
  ),
  ...['thinking', 'signature'].map((name) => ({
    pair: 'chat completions → Messages',
    path: `messages[assistant].content[thinking].${name}`,
    reason: 'The AI SDK does not send `reasoning_details` back, and Anthropic refuses thinking without its signature.',
  })),
  {
    pair: 'Responses → Messages',
    path: 'stop_sequences',
    reason: 'Responses has no stop words: the AI SDK drops them.',
  },
  {
    pair: 'Messages → chat completions',
    path: 'response_format[json_schema].json_schema.name',
    reason: noName,
  },
  { pair: 'Messages → Responses', path: 'text.format[json_schema].name', reason: noName },
  ...['instructions', 'input[developer].content'].map((path) => ({
    pair: 'Messages → Responses',
    path,
    reason: 'Weir uses the field for instructions, the AI SDK a message.',
  })),
  ...['input[assistant].content', 'input[assistant].content[output_text].text'].map((path) => ({
    pair: 'Messages → Responses',
    path,
    reason: sameText,
  })),
  {
    pair: 'Messages → Responses',
    path: 'input[user].content[input_image].detail',
    reason: 'OpenAI’s types require it; `auto` is the default.',
  },
]
