import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSettings } from '../src/config/parse-settings.ts'
import { strategies } from '../src/config/route-settings.ts'
import { AbortSwitch } from '../src/core/abort-switch.ts'
import { operations } from '../src/dialects/operations.ts'
import type { Call, Caller, CallRequest } from '../src/pipeline/call/call.ts'
import { createCallTrace } from '../src/pipeline/call/call-trace.ts'
import { toCallRequest } from '../src/pipeline/call/read-request.ts'
import { planCall } from '../src/pipeline/routing/plan-call.ts'
import { openPorts } from '../src/platform/node/open-ports.ts'

/**
 * Measures the decision of a route with 50 targets, half of which need a translation: `node bench/routes.ts`. Each call
 * belongs to another conversation.
 */
const conversations = 512
const size = 50
const providerCount = 10

const caller: Caller = { owner: 'key:bench', keyId: 'token', isAnonymous: false }
const credentials = {
  ...{ token: undefined, ownKey: undefined, origin: undefined, host: undefined, address: undefined },
  isLocal: true,
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-routes-'))
  const { ports, close } = await openPorts(
    parseSettings({ env: toEnv(folder), config: toConfig(), platform: 'node' }),
    () => {},
  )
  const call: Call = {
    operation: operations['chat.completions'],
    credentials,
    caller,
    body: { kind: 'read', request: toRequest('ordered', 0) },
    query: '',
    headers: { 'cf-aig-metadata': '{"team":"search"}' },
    signal: new AbortSwitch(),
    arrivedAt: 0,
    trace: createCallTrace({
      requestId: 'req_bench',
      method: 'POST',
      arrivedAt: 0,
      clock: ports.clock,
      log: { record() {} },
    }),
    publicUrl: '',
    sessionId: undefined,
    stages: [],
    holdsHeaders: true,
    releaseWhenSent: (share) => share.release(),
    defer() {},
  }
  try {
    for (const route of ports.routes.list) {
      const { name } = route.settings
      const requests = Array.from({ length: conversations }, (_, index) => toRequest(name, index))
      measure(name, (round) => planCall(requests[round % conversations] ?? toRequest(name, round), call, caller, ports))
    }
  } finally {
    await close()
    await rm(folder, { recursive: true })
  }
}

function toEnv(folder: string): Record<string, string> {
  return { STORAGE_PATH: folder, TOKEN: 'a-token-for-the-benchmark-of-routes' }
}

function toConfig(): object {
  const kinds = ['openai', 'anthropic']
  const providers = Array.from({ length: providerCount }, (_, index) => {
    const kind = kinds[index % kinds.length]
    return [
      `provider-${index}`,
      { kind, api_key: `sk-of-the-benchmark-${index}`, base_url: 'https://provider.example/v1' },
    ]
  })
  const models = Array.from({ length: size }, (_, index) => `provider-${index % providerCount}/model-${index}`)
  const prices = models.map((model, index) => [model, { input: 1 + (index % 7), output: 5 }])
  const toRoute = (strategy: string, conditions: object = {}) => ({
    strategy,
    // The last has none, so that each call has a target.
    targets: models.map((model, index) => ({ model, weight: 1 + (index % 3), ...(index < size - 1 && conditions) })),
  })
  return {
    providers: Object.fromEntries(providers),
    prices: Object.fromEntries(prices),
    routes: {
      ...Object.fromEntries(strategies.map((strategy) => [strategy, toRoute(strategy)])),
      'sticky-percent-50': toRoute('sticky', { percent: 50 }),
      'sticky-percent-99': toRoute('sticky', { percent: 99 }),
      'sticky-four-conditions': toRoute('sticky', {
        when: { keys: ['token'], tags: ['team:*'], inputs: ['image'], max_input_tokens: 100_000 },
      }),
    },
  }
}

function toRequest(model: string, conversation: number): CallRequest {
  const image = { type: 'image_url', image_url: { url: 'https://images.example/river.png' } }
  const content = [{ type: 'text', text: `Tell me about river number ${conversation}.` }, image]
  const messages = [
    { role: 'system', content: 'You are a geographer. '.repeat(20) },
    { role: 'user', content },
  ]
  const text = JSON.stringify({ model, messages })
  return toCallRequest({ text, object: JSON.parse(text) }, operations['chat.completions'])
}

const batch = 200
const batches = 400

/** Prints the median of the batches, because another process may disturb some. */
function measure(title: string, run: (round: number) => unknown): void {
  const times = Array.from({ length: batches }, () => {
    const startedAt = performance.now()
    for (let round = 0; round < batch; round++) run(round)
    return ((performance.now() - startedAt) * 1_000) / batch
  })
  const sorted = times.slice(batches / 4).sort((one, other) => one - other)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  console.log(`${median.toFixed(1).padStart(8)} µs  ${title}`)
}

await main()
