import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { openAIDialects } from '../dialects/openai-dialects.ts'
import { responses } from '../dialects/responses.ts'
import { documented } from '../schema/key-documentation.ts'
import { count } from '../schema/value-schemas.ts'
import { defineProvider } from './define-provider.ts'
import { createDemoProvider } from './demo/create-demo-provider.ts'

/** About 20 words a second: what a fast model looks like to a reader. */
const defaultWordDelayMs = 50

/** The embedded provider, which answers offline and free. */
export const demo = defineProvider({
  kind: 'demo',
  configSchema: {
    word_delay_ms: documented(count(0, 60_000).optional(), {
      otherwise: `\`${defaultWordDelayMs}\``,
      unit: 'ms',
      meaning: 'The pause between two words of a stream; 0 is instant.',
    }),
  },
  toSettings: ({ word_delay_ms }) => ({ wordDelayMs: word_delay_ms ?? defaultWordDelayMs }),
  env: [
    {
      name: 'DEMO_WORD_DELAY_MS',
      key: 'word_delay_ms',
      configures: false,
      meaning: 'The pause between two words of the demo provider; 0 is instant.',
    },
  ],
  standsIn: {
    name: 'DEMO',
    meaning:
      '`true` adds the embedded provider `demo`, `false` keeps it away. Unset, it is there when no other provider is configured and the server listens on loopback (Node).',
  },
  needsKey: false,
  dialects: openAIDialects,
  priceSource: 'free',
  outputLimit: {
    fields: [
      { dialect: chatCompletions, name: 'max_completion_tokens' },
      { dialect: completions, name: 'max_tokens' },
      { dialect: responses, name: 'max_output_tokens' },
    ],
    includesReasoning: true,
    source: 'src/providers/demo/text/plan-output.ts',
    checkedOn: '2026-11-28',
  },
  onCallerGone: 'abort',
  create: createDemoProvider,
})
