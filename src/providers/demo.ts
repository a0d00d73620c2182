import { GatewayError } from '../core/errors.ts'
import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { batchEmbedContents, embedContent } from '../dialects/embed-content.ts'
import { contentTokenCounts, generateContent, outputLimitPath } from '../dialects/generate-content.ts'
import { messages, tokenCounts } from '../dialects/messages.ts'
import { openAIDialects } from '../dialects/openai-dialects.ts'
import { inputTokenCounts, responses } from '../dialects/responses.ts'
import { documented } from '../schema/key-documentation.ts'
import { count } from '../schema/value-schemas.ts'
import { defineProvider } from './define-provider.ts'
import type { Provider } from './provider.ts'
import type { ProviderSettings } from './provider-kind.ts'

/**
 * `false` if the bundle omits the demo, as a Worker's does unless `npm run deploy -- --demo` built it. Undefined on Node.
 */
declare const WEIR_DEMO: boolean | undefined

/** About 20 words a second, the pace of a fast model. */
const defaultWordDelayMs = 50

/** The built-in provider, which answers offline and free. */
export const demo = defineProvider({
  kind: 'demo',
  configSchema: {
    word_delay_ms: documented(count(0, 60_000).optional(), {
      fallback: `\`${defaultWordDelayMs}\``,
      unit: 'ms',
      meaning: 'Pause between two words of a stream; 0 sends all at once.',
    }),
  },
  toSettings: ({ word_delay_ms }) => ({ wordDelayMs: word_delay_ms ?? defaultWordDelayMs }),
  env: [
    {
      name: 'DEMO_WORD_DELAY_MS',
      key: 'word_delay_ms',
      configures: false,
      meaning: 'Pause between two words of the demo provider, in milliseconds; 0 sends all at once.',
    },
  ],
  enableVariable: {
    name: 'DEMO',
    meaning:
      '`true` adds the built-in provider `demo`, `false` disables it. If unset, Weir adds it when no other provider is configured and the server listens on loopback (Node). A Worker has it only if `npm run deploy -- --demo` deployed it.',
  },
  needsKey: false,
  dialects: [
    ...openAIDialects,
    inputTokenCounts,
    messages,
    tokenCounts,
    generateContent,
    contentTokenCounts,
    embedContent,
    batchEmbedContents,
  ],
  priceSource: 'free',
  outputLimit: {
    fields: [
      { dialect: chatCompletions, names: ['max_completion_tokens', 'max_tokens'] },
      { dialect: completions, names: ['max_tokens'] },
      { dialect: responses, names: ['max_output_tokens'] },
      { dialect: messages, names: ['max_tokens'] },
      { dialect: generateContent, names: [outputLimitPath] },
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
  /** Milliseconds between two words of a stream; 0 sends all at once. */
  readonly wordDelayMs: number
}

/** 2026-01-01, a constant: the list is the same everywhere. */
const modelsCreated = 1_767_225_600

/**
 * The models of `GET /v1/models`. The failing ones are listed too, because `models.strict` admits only listed models.
 */
const modelNames =
  'chat embedding image speech transcribe moderation slow cut silent delay-2000 error-400 error-401 error-429 error-500 error-503'

const omittedReason =
  'This Worker was deployed without the demo provider. Set OPENAI_API_KEY or DEEPINFRA_API_KEY on the server, or deploy it with `npm run deploy -- --demo`.'

function createDemoProvider(settings: DemoSettings): Provider {
  const ids = new Set([...modelNames.split(' ').map((name) => `demo/${name}`), ...settings.models])
  let loaded: Awaited<ReturnType<typeof loadDemo>> | undefined
  // Caches the demo, not its promise: a failed import would be cached too, and a request of a Worker would await
  // another request's promise (S71).
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
    dialects: demo.dialects,
    acceptsStreamOptions: true,
    isRouter: false,
    acceptsUsageField: false,
    holdsKey: false,
    reportsCharge: false,
    freeOperations: new Set(),
    defaultModels: {},
    acceptsOwnKey: false,
    passesCallerCredentials: false,
    credentialHeaders: [],
    unavailableReason: typeof WEIR_DEMO === 'undefined' || WEIR_DEMO ? undefined : omittedReason,
    async send(call, context) {
      return (loaded ?? (await load())).send(call, context)
    },
    async passThrough(call, context) {
      return (loaded ?? (await load())).passThrough(call, context)
    },
  }
}

/** The bundler drops the import only if the condition is in this very statement, not in a constant. */
async function loadDemo({ wordDelayMs }: DemoSettings) {
  if (typeof WEIR_DEMO === 'undefined' || WEIR_DEMO) {
    const { createDemo } = await import('./demo/create-demo.ts')
    return createDemo(wordDelayMs)
  }
  throw new GatewayError('no_provider_configured', omittedReason)
}
