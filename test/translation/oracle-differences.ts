/** A field in which a request through Weir, or the parts of its reply, differ from those of the AI SDK alone. */
export interface Difference {
  /** The caller's dialect and the provider's. */
  readonly pair: string
  readonly path: string
  readonly reason: string
}

const sameText = 'A string and a list with one text mean the same.'
const noName = 'Messages has no name for a schema, and OpenAI requires one.'
const noStopWords = 'Responses has no stop words: the AI SDK drops them.'
const resultForm =
  'Google documents `output` for the result of a function; the AI SDK has fields of its own in its place.'
const wrappedResult =
  'The AI SDK wraps a result for Gemini in fields of its own, which the model of another provider sees too.'

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
    reason: noStopWords,
  },
  {
    pair: 'Messages → chat completions',
    path: 'response_format[json_schema].json_schema.name',
    reason: noName,
  },
  { pair: 'Messages → Responses', path: 'text.format[json_schema].name', reason: noName },
  ...['Messages → Responses', 'Gemini → Responses'].flatMap((pair) => [
    ...['instructions', 'input[developer].content'].map((path) => ({
      pair,
      path,
      reason: 'Weir uses the field for instructions, the AI SDK a message.',
    })),
    ...['input[assistant].content', 'input[assistant].content[output_text].text'].map((path) => ({
      pair,
      path,
      reason: sameText,
    })),
    {
      pair,
      path: 'input[user].content[input_image].detail',
      reason: 'OpenAI’s types require it; `auto` is the default.',
    },
  ]),
  ...['chat completions → Gemini', 'Messages → Gemini', 'Responses → Gemini'].flatMap((pair) => [
    { pair, path: 'contents[user].parts[].functionResponse.response', reason: resultForm },
    {
      pair,
      path: 'contents[model].parts[].thoughtSignature',
      reason: 'Of calls in parallel, Gemini checks the first only; the AI SDK marks each that has no signature.',
    },
  ]),
  ...['Messages → Gemini', 'Responses → Gemini'].map((pair) => ({
    pair,
    path: 'parts[reasoning].text',
    reason:
      'Gemini signs a text after its end. These dialects have a signature in reasoning only, here one without text.',
  })),
  { pair: 'Responses → Gemini', path: 'generationConfig.stopSequences', reason: noStopWords },
  ...[
    ['Gemini → chat completions', 'messages[user].content[file].file.filename'],
    ['Gemini → Messages', 'messages[user].content[document].title'],
    ['Gemini → Responses', 'input[user].content[input_file].filename'],
  ].map(([pair = '', path = '']) => ({ pair, path, reason: 'The AI SDK sends Gemini no name of a file.' })),
  ...[
    ['Gemini → chat completions', 'response_format[json_schema].json_schema'],
    ['Gemini → Responses', 'text.format[json_schema]'],
  ].flatMap(([pair = '', path]) => [
    { pair, path: `${path}.name`, reason: 'Gemini has no name for a schema, and OpenAI requires one.' },
    { pair, path: `${path}.strict`, reason: 'OpenAI’s strict mode refuses schemas that Gemini accepts.' },
  ]),
  { pair: 'Gemini → chat completions', path: 'messages[tool].content', reason: wrappedResult },
  ...['messages[user].content[tool_result].content', 'messages[user].content[tool_result].content[text].text'].map(
    (path) => ({ pair: 'Gemini → Messages', path, reason: wrappedResult }),
  ),
  ...['system', 'system[text].text'].map((path) => ({ pair: 'Gemini → Messages', path, reason: sameText })),
  { pair: 'Gemini → Responses', path: 'input[function_call_output].output', reason: wrappedResult },
]
