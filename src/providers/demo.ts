import { GatewayError } from '../core/errors.ts'
import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { openAIDialects } from '../dialects/openai-dialects.ts'
import { responses } from '../dialects/responses.ts'
import { documented } from '../schema/key-documentation.ts'
import { count } from '../schema/value-schemas.ts'
import { defineProvider } from './define-provider.ts'
import type { Provider } from './provider.ts'
import type { ProviderSettings } from './provider-kind.ts'

/** `false` where a bundle leaves the demo out: in wrangler.jsonc, unless `npm run deploy -- --demo` says otherwise. Unset on Node. */
declare const WEIR_DEMO: boolean | undefined

/** About 20 words a second: what a fast model looks like to a reader. */
const defaultWordDelayMs = 50

/** The embedded provider, which answers offline and free. */
export const demo = defineProvider({
  kind: 'demo',
  configSchema: {
    word_delay_ms: documented(count(0, 60_000).optional(), {
      fallback: `\`${defaultWordDelayMs}\``,
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
      '`true` adds the embedded provider `demo`, `false` keeps it away. Unset, it is there when no other provider is configured and the server listens on loopback (Node). A Worker has it only if it was deployed by `npm run deploy -- --demo`.',
  },
  needsKey: false,
  dialects: openAIDialects,
  priceSource: 'free',
  outputLimit: {
    fields: [
      { dialect: chatCompletions, names: ['max_completion_tokens', 'max_tokens'] },
      { dialect: completions, names: ['max_tokens'] },
      { dialect: responses, names: ['max_output_tokens'] },
    ],
    includesReasoning: true,
    source: 'src/providers/demo/plan-output.ts',
    checkedOn: '2026-11-28',
  },
  streamOptions: { areAccepted: true, source: 'its own code', checkedOn: '2026-11-29' },
  billsAbandoned: 'no',
  onCallerGone: 'abort',
  create: createDemoProvider,
})

interface DemoSettings extends ProviderSettings {
  /** Milliseconds between two words of a stream; 0 is instant. */
  readonly wordDelayMs: number
}

/** 2026-01-01: the list is the same everywhere. */
const modelsCreated = 1_767_225_600

/** The models of `GET /v1/models`. Those that misbehave are listed too: where only listed models are let through, they could not be reached otherwise. */
const modelNames =
  'chat embedding image speech transcribe moderation slow cut silent delay-2000 error-400 error-401 error-429 error-500 error-503'

const leftOutReason =
  'This Worker was deployed without the demo provider. Set OPENAI_API_KEY or DEEPINFRA_API_KEY on the server, or deploy it by `npm run deploy -- --demo`.'

function createDemoProvider(settings: DemoSettings): Provider {
  const ids = new Set([...modelNames.split(' ').map((name) => `demo/${name}`), ...settings.models])
  let loaded: Awaited<ReturnType<typeof loadDemo>> | undefined
  // The demo is kept and not its promise: a failed import would stay, and a request of a Worker would wait for another's (S71).
  async function load() {
    const demo = await loadDemo(settings)
    loaded ??= demo
    return loaded
  }
  return {
    id: settings.id,
    models: [...ids].map((id) => ({ id, created: modelsCreated, ownedBy: 'weir-demo' })),
    timeouts: settings.timeouts,
    onCallerGone: settings.onCallerGone,
    outputLimit: demo.outputLimit,
    billsAbandoned: false,
    dialects: openAIDialects,
    acceptsStreamOptions: true,
    acceptsUsageField: false,
    holdsKey: false,
    reportsCharge: false,
    freeOperations: new Set(),
    defaultModels: {},
    acceptsOwnKey: false,
    unavailableReason: typeof WEIR_DEMO === 'undefined' || WEIR_DEMO ? undefined : leftOutReason,
    async send(call, context) {
      return (loaded ?? (await load())).send(call, context)
    },
    async passThrough(call, context) {
      return (loaded ?? (await load())).passThrough(call, context)
    },
  }
}

/** The bundler drops the import only where the condition stands right here, not in a constant. */
async function loadDemo({ wordDelayMs }: DemoSettings) {
  if (typeof WEIR_DEMO === 'undefined' || WEIR_DEMO) {
    const { createDemo } = await import('./demo/create-demo.ts')
    return createDemo(wordDelayMs)
  }
  throw new GatewayError('no_provider_configured', leftOutReason)
}
