import { messages, tokenCounts } from '../dialects/messages.ts'
import { findFacts, listCurrentModels } from '../metering/model-facts.ts'
import { defineProvider, toModelCards } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'

/** The host whose output limit is documented. Other servers of this API may not count thinking towards it. */
const ownHost = /^https:\/\/api\.anthropic\.com(?:[:/]|$)/i

/** Source: https://platform.claude.com/docs/en/api/overview, read on 2026-11-30. */
export const anthropic = defineProvider({
  kind: 'anthropic',
  name: 'Anthropic',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'ANTHROPIC_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key of Anthropic. Adds the provider `anthropic`.',
    },
    {
      name: 'ANTHROPIC_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning:
        'Base URL of the provider `anthropic`, if not Anthropic’s own, with or without `/v1`; another server needs no key.',
    },
  ],
  baseUrl: {
    default: 'https://api.anthropic.com/v1',
    // Anthropic's clients take the address without it.
    normalize: (url) => (url.endsWith('/v1') ? url : `${url}/v1`),
  },
  needsKey: true,
  dialects: [messages, tokenCounts],
  modelsQuery: '?limit=1000',
  priceSource: 'anthropic',
  outputLimit: {
    fields: [{ dialect: messages, names: ['max_tokens'] }],
    includesReasoning: true,
    source: 'https://platform.claude.com/docs/en/build-with-claude/extended-thinking',
    checkedOn: '2026-11-30',
  },
  // A stream reports its usage always.
  streamOptions: 'unknown',
  // Anthropic documents neither that it stops nor what it charges then.
  billsAbandoned: 'unknown',
  freeOperations: {
    names: ['messages.count_tokens'],
    source: 'https://platform.claude.com/docs/en/build-with-claude/token-counting',
    checkedOn: '2026-11-30',
  },
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName, baseUrl }) =>
    toVouchedLimit(outputLimitName) ?? (ownHost.test(baseUrl) ? undefined : 'unknown'),
  models: ({ models }) => toModelCards([...listOwnNames(), ...models], 'anthropic'),
  authenticate: (key) => ({ 'x-api-key': key }),
  // A key is in the first; Claude Code sends the token of a plan in the second.
  // Source: https://docs.litellm.ai/docs/tutorials/claude_code_byok, read on 2026-11-30.
  credentialHeaders: ['x-api-key', 'authorization'],
})

/** The price table also has the names of other sellers, which have no modalities there. */
function listOwnNames(): readonly string[] {
  return listCurrentModels('anthropic').filter((model) => findFacts('anthropic', model)?.output !== undefined)
}
