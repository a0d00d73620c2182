import { benchRoutes } from '../gateways/bench-routes.ts'
import { gatewayNames } from '../gateways/gateway.ts'
import { createFrames } from '../upstream/create-frames.ts'
import { bigBody, body, imageBody } from './bodies.ts'
import { listTranslations } from './list-translations.ts'
import type { Scenario } from './scenario.ts'

const mebibyte = 2 ** 20

/** Numbers of concurrent streams. */
const steps = [64, 128, 256, 512, 1_024]

/** Lists all measured loads; with `isQuick` they are shorter and omit some sizes. */
export function listScenarios(isQuick: boolean): readonly Scenario[] {
  const long = isQuick ? 1_000 : 2_000
  const short = long / 2
  return [
    json({ id: 'json-64', title: 'JSON, 64 at a time', concurrency: 64, durationMs: long, warmUpMs: 4_000 }),
    ...Object.entries(benchRoutes).map(([name, { strategy, targets }]) =>
      json({
        ...{ id: `route-${name}`, title: `The same by a route of ${targets.length} targets, \`${strategy}\`` },
        ...{ body: body(name), concurrency: 64, durationMs: long, warmUpMs: 1_500, gateways: ['weir', 'baseline'] },
      }),
    ),
    json({ id: 'json-1', title: 'JSON, one at a time', concurrency: 1, durationMs: short }),
    json({
      ...{ id: 'request-100k', title: 'Prompts of 100 KB, 16 at a time', concurrency: 16, durationMs: short },
      ...{ body: bigBody('json-600', 100_000), warmUpMs: 500 },
    }),
    json({
      ...{ id: 'answer-1m', title: 'Responses of 1 MiB, 16 at a time', concurrency: 16, durationMs: short },
      ...{ body: body(`json-${mebibyte}`), bodyBytes: mebibyte, warmUpMs: 500, every: 2 },
    }),
    json({
      ...{ id: 'image-2m', title: 'Images of 2 MiB in base64, 8 at a time', concurrency: 8, durationMs: short },
      ...{ path: '/v1/images/generations', body: imageBody(`image-${2 * mebibyte}`), bodyBytes: 2 * mebibyte },
      ...{ warmUpMs: 500, every: 2 },
    }),
    ...listStreams(short, isQuick),
    ...listTranslations(short),
  ]
}

function listStreams(durationMs: number, isQuick: boolean): readonly Scenario[] {
  const burst = { count: 200, paceMs: 0, durationMs, asksForUsage: true }
  return [
    events({
      ...burst,
      id: 'burst',
      title: 'Streams of 200 events at once, 16 at a time',
      concurrency: 16,
      warmUpMs: 1_500,
    }),
    events({ ...burst, id: 'stream-1', title: 'The same, one at a time', concurrency: 1 }),
    events({
      ...{ ...burst, id: 'burst-hidden', concurrency: 16, asksForUsage: false },
      title: 'The same, 16 at a time, usage not requested by the caller: Weir requests it and hides the chunk',
      gateways: gatewayNames.filter((name) => /^(weir|baseline|bun|workerd|dispatch)/.test(name)),
    }),
    events({
      ...{ id: 'paced', title: 'Streams of 200 events 5 ms apart, 64 at a time', asksForUsage: true },
      ...{ count: 200, paceMs: 5, concurrency: 64, durationMs: 500 },
    }),
    ...steps.filter((concurrency) => !isQuick || concurrency === 512).map(listStep),
  ]
}

function listStep(concurrency: number): Scenario {
  return events({
    ...{ id: `streams-${concurrency}`, title: `${concurrency} streams at once, 64 events 20 ms apart` },
    ...{ asksForUsage: false, count: 64, paceMs: 20, concurrency, durationMs: 500, every: 2, isStep: true },
  })
}

type Options = Pick<Scenario, 'id' | 'title' | 'concurrency' | 'durationMs'> & Partial<Scenario>

const common = { path: '/v1/chat/completions', warmUpMs: 0, paceMs: 0, every: 1, gateways: gatewayNames, isStep: false }

function json(options: Options): Scenario {
  return { ...common, unit: 'request', body: body('json-600'), bodyBytes: 600, ending: '}', ...options }
}

interface EventOptions extends Options {
  readonly count: number
  readonly paceMs: number
  readonly asksForUsage: boolean
}

function events({ count, asksForUsage, ...options }: EventOptions): Scenario {
  const usage = asksForUsage ? { stream_options: { include_usage: true } } : {}
  return {
    ...{ ...common, unit: 'stream', ending: 'data: [DONE]\n\n' },
    body: body(`events-${count}-${options.paceMs}`, { stream: true, ...usage }),
    bodyBytes: createFrames(count, asksForUsage).bodyBytes,
    ...options,
  }
}
