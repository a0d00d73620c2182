import { type GatewayName, gatewayNames } from '../gateways/gateway.ts'
import { createFrames } from '../upstream/create-frames.ts'
import type { Scenario } from './scenario.ts'

/** Every kind of load that is measured; shorter with `isQuick`. */
export function listScenarios(isQuick: boolean): readonly Scenario[] {
  const long = isQuick ? 1_000 : 2_000
  return [
    json({ id: 'json-64', title: 'JSON, 64 at a time', concurrency: 64, durationMs: long, warmUpMs: 4_000 }),
    json({ id: 'json-1', title: 'JSON, one at a time', concurrency: 1, durationMs: 1_000, warmUpMs: 0 }),
    events({
      ...burst,
      durationMs: long / 2,
      warmUpMs: 1_500,
      id: 'burst',
      title: 'Streams of 200 events at once, 16 at a time',
      asksForUsage: true,
    }),
    events({
      ...{ ...burst, durationMs: long / 2, warmUpMs: 0 },
      id: 'burst-hidden',
      title: 'The same, the caller not asking for usage: Weir asks, and hides the chunk',
      asksForUsage: false,
      gateways: ['weir', 'dispatch'],
    }),
    events({
      ...{ id: 'paced', title: 'Streams of 200 events 5 ms apart, 64 at a time', asksForUsage: true },
      ...{ count: 200, paceMs: 5, concurrency: 64, durationMs: 500, warmUpMs: 0, every: 1 },
    }),
    events({
      ...{ id: 'streams-512', title: '512 streams at once, 64 events 20 ms apart', asksForUsage: false },
      ...{ count: 64, paceMs: 20, concurrency: 512, durationMs: 500, warmUpMs: 0, every: 2 },
    }),
  ]
}

const burst = { count: 200, paceMs: 0, concurrency: 16, every: 1 }

const messages = [
  { role: 'system', content: 'You are a helpful assistant that answers in one paragraph and never apologises.' },
  { role: 'user', content: 'Tell me in about sixty words what a weir is, and why a mill would want to have one.' },
]

interface JsonOptions {
  readonly id: string
  readonly title: string
  readonly concurrency: number
  readonly durationMs: number
  readonly warmUpMs: number
}

function json(options: JsonOptions): Scenario {
  const body = JSON.stringify({ model: 'json', messages, temperature: 0.7, max_tokens: 200, user: 'bench' })
  return { ...options, unit: 'request', body, bodyBytes: 600, ending: '}', every: 1, gateways: gatewayNames }
}

interface EventOptions extends JsonOptions {
  readonly count: number
  readonly paceMs: number
  readonly every: number
  readonly asksForUsage: boolean
  readonly gateways?: readonly GatewayName[]
}

function events({ count, paceMs, asksForUsage, gateways = gatewayNames, ...options }: EventOptions): Scenario {
  const usage = asksForUsage ? { stream_options: { include_usage: true } } : {}
  const body = JSON.stringify({ model: `events-${count}-${paceMs}`, messages, stream: true, ...usage })
  const { bodyBytes } = createFrames(count, asksForUsage)
  return { ...options, unit: 'stream', body, bodyBytes, ending: 'data: [DONE]\n\n', gateways }
}
