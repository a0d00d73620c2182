import { openAIDialects } from '../dialects/openai-dialects.ts'
import { operations } from '../dialects/operations.ts'
import { inputTokenCounts } from '../dialects/responses.ts'
import { documented } from '../schema/key-documentation.ts'
import { choice, list } from '../schema/value-schemas.ts'
import { toKeyHeaders } from './api-headers.ts'
import { defineProvider } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'

const dialectsById = new Map(Object.values(operations).map(({ dialect }) => [dialect.id, dialect]))

const dialectsKey = documented(
  list(choice([...dialectsById.keys()]))
    .min(1, { error: 'is empty. List the server’s dialects, or remove the key' })
    .refine((ids) => new Set(ids).size === ids.length, { error: 'lists a dialect twice. Remove one of them' })
    .optional(),
  {
    fallback: 'all of OpenAI’s',
    meaning: `Dialects that the server speaks, the preferred first: ${[...dialectsById.keys()].map((id) => `\`${id}\``).join(', ')}. Anthropic’s (\`messages\`) are sent below \`base_url\` too, with the key in \`x-api-key\` and in \`Authorization\`.`,
  },
)

/** Any server that speaks OpenAI's or Anthropic's API, with or without a key. */
export const custom = defineProvider({
  kind: 'custom',
  description:
    'any server with OpenAI’s API, such as LM Studio, llama.cpp or Together; `dialects` names another API or a part',
  configSchema: { output_limit: outputLimitKey, dialects: dialectsKey },
  toSettings: ({ output_limit, dialects }) => ({ outputLimitName: output_limit, dialectIds: dialects }),
  env: [
    {
      name: 'CUSTOM_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning:
        'Base URL of any server with OpenAI’s API, such as `http://localhost:1234/v1` for LM Studio. Adds the provider `custom`.',
    },
    {
      name: 'CUSTOM_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key for `CUSTOM_BASE_URL`, if the server requires one.',
    },
    {
      name: 'CUSTOM_MODELS',
      key: 'models',
      configures: false,
      meaning: 'Models of `CUSTOM_BASE_URL`, separated by commas.',
    },
    {
      name: 'CUSTOM_DIALECTS',
      key: 'dialects',
      configures: false,
      meaning: 'Dialects of `CUSTOM_BASE_URL`, separated by commas, such as `chat.completions,messages`.',
    },
  ],
  baseUrl: { example: 'http://localhost:1234/v1' },
  needsKey: false,
  dialects: [...openAIDialects, inputTokenCounts],
  toDialects: ({ dialectIds }) => dialectIds?.flatMap((id) => dialectsById.get(id) ?? []),
  authenticate: toKeyHeaders,
  // Many compatible servers know only `max_tokens`, and some do not count reasoning towards it.
  outputLimit: 'unknown',
  streamOptions: 'unknown',
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
})
