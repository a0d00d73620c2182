import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { RouteSettings, RouteTargetSettings, Strategy } from '../../../src/config/route-settings.ts'
import type { Price } from '../../../src/metering/price.ts'
import { createProvider } from '../../../src/providers/provider-kinds.ts'
import { createRegistry } from '../../../src/providers/registry.ts'
import { HealthBook, type MeasuredResponse, type TargetHealth } from '../../../src/routing/health.ts'
import { type RoutingFacts, rankTargets, testConditions } from '../../../src/routing/rank-targets.ts'
import { createRoutes, type Route, type Routes } from '../../../src/routing/routes.ts'
import type { PriceOf } from '../../../src/routing/target-prices.ts'
import { providersOf } from '../../config/parse.ts'

const names = Array.from({ length: 10 }, (_, index) => `p${index}`)
const providers = providersOf({
  config: {
    providers: Object.fromEntries(names.map((name) => [name, { kind: 'custom', base_url: 'https://x.example/v1' }])),
  },
}).map(createProvider)
const registry = createRegistry(providers, { defaultProvider: undefined, passthrough: undefined })
const plain = { weight: 1, percent: undefined, when: undefined }
const all = names.map((name) => ({ ...plain, name: `${name}/m` }))
const always = {
  keys: undefined,
  tags: undefined,
  inputs: undefined,
  minInputTokens: 0,
  maxInputTokens: Number.POSITIVE_INFINITY,
  hours: undefined,
}

const plainRoute: Omit<RouteSettings, 'name' | 'targets'> = {
  strategy: 'ordered',
  onFailure: {},
  maxAttempts: 5,
  retries: 0,
  maxWaitMs: 0,
  isPublic: true,
}

function toRoute(
  targets: readonly RouteTargetSettings[],
  fields: Partial<RouteSettings> = {},
  health = new HealthBook(),
  priceOf: PriceOf = () => undefined,
): Route {
  const route = { ...plainRoute, name: 'r', targets, ...fields }
  const created = createRoutes(new Map([['r', route]]), registry, health, priceOf).find('r')
  if (created === undefined) throw new Error('no route')
  return created
}

function toFacts(fields: Partial<RoutingFacts> = {}): RoutingFacts {
  return {
    now: Date.UTC(2026, 10, 30, 12, 30),
    isStream: true,
    keyIds: ['key_1'],
    sessionKey: () => '',
    tags: () => [],
    inputs: () => new Set(),
    inputTokens: () => 100,
    priceOf: () => undefined,
    random: Math.random,
    ...fields,
  }
}

const inSession = (key: string) => toFacts({ sessionKey: () => key })

function idsOf(route: Route, facts: RoutingFacts): readonly string[] {
  return Array.from(rankTargets(route, facts), ({ target }) => target.provider.id)
}

const sessions = Array.from({ length: 20_000 }, (_, index) => `session-${index}`)

test('a session keeps its target, and each target its share by weight', () => {
  const weights = [1, 2, 3, 4]
  const targets = all.slice(0, 4).map((target, index) => ({ ...target, weight: weights[index] ?? 0 }))
  const route = toRoute(targets, { strategy: 'sticky' })
  const counts = new Map<string, number>()
  for (const session of sessions) {
    const [first = ''] = idsOf(route, inSession(session))
    counts.set(first, (counts.get(first) ?? 0) + 1)
  }
  for (const [index, weight] of weights.entries())
    expect((counts.get(`p${index}`) ?? 0) / sessions.length).toBeCloseTo(weight / 10, 1)
  // Another process with another Route object chooses the same.
  const other = toRoute(targets, { strategy: 'sticky' })
  for (const session of sessions.slice(0, 500))
    expect(idsOf(other, inSession(session))).toEqual(idsOf(route, inSession(session)))
})

test('only the sessions of an ill target move, and come back', () => {
  const health = new HealthBook()
  const route = toRoute(all, { strategy: 'sticky' }, health)
  const facts = (session: string) => ({ ...inSession(session), now: 1_000_000 })
  const before = sessions.slice(0, 2_000).map((session) => idsOf(route, facts(session))[0])
  const ill = { provider: providers[3] ?? expect.unreachable(), model: 'm' }
  health.of(ill).fail('auth', undefined, 1_000_000, 0.5)
  const during = sessions.slice(0, 2_000).map((session) => idsOf(route, facts(session))[0])
  for (const [index, first] of during.entries()) {
    expect(first).not.toBe('p3')
    if (before[index] !== 'p3') expect(first).toBe(before[index])
  }
  // They spread over all others.
  expect(new Set(during.filter((_, index) => before[index] === 'p3')).size).toBe(9)
  health.of(ill).succeed(1_000_000)
  expect(sessions.slice(0, 2_000).map((session) => idsOf(route, facts(session))[0])).toEqual(before)
})

test('an ill target stays last, because it may be the only one', () => {
  const health = new HealthBook()
  const route = toRoute(all.slice(0, 2), {}, health)
  health.of({ provider: providers[0] ?? expect.unreachable(), model: 'm' }).fail('auth', undefined, 0, 0.5)
  expect(idsOf(route, { ...toFacts(), now: 1 })).toEqual(['p1', 'p0'])
})

test('weighted targets are drawn for each call; one of weight 0 is last', () => {
  const route = toRoute([{ ...plain, name: 'p0/m', weight: 0 }, ...all.slice(1, 3)], { strategy: 'weighted' })
  const firsts = sessions.slice(0, 2_000).map(() => idsOf(route, inSession('same')))
  expect(new Set(firsts.map(([first]) => first))).toEqual(new Set(['p1', 'p2']))
  expect(firsts.every((ids) => ids.at(-1) === 'p0')).toBe(true)
})

test('the cheapest target depends on the usual mix of tokens', () => {
  const prices: Readonly<Record<string, Price>> = {
    p0: { input: 10, output: 10 },
    p1: { input: 1, output: 100 },
    p2: { input: 20, cachedInput: 1, output: 1 },
  }
  const facts = toFacts({ priceOf: ({ provider }) => prices[provider.id] })
  const route = toRoute(all.slice(0, 4), { strategy: 'cheapest' })
  const afterCalls = (usage: { inputTokens: number; cachedInputTokens: number; outputTokens: number }) => {
    for (let call = 0; call < 200; call++) route.mix.add(usage)
    return idsOf(route, facts)
  }
  expect(afterCalls({ inputTokens: 10_000, cachedInputTokens: 0, outputTokens: 10 })).toEqual(['p1', 'p0', 'p2', 'p3'])
  expect(afterCalls({ inputTokens: 10_000, cachedInputTokens: 9_900, outputTokens: 1_000 })[0]).toBe('p2')
  expect(afterCalls({ inputTokens: 100, cachedInputTokens: 0, outputTokens: 1_000 })).toEqual(['p2', 'p0', 'p1', 'p3'])
})

const priceByProvider: PriceOf = ({ provider: { id } }) =>
  id === 'p0' ? { input: 1e6, output: 5e6 } : id === 'p1' ? { input: 3e6, output: 4e6 } : undefined

test('a maximum price leaves out the targets above it, and those without a price', () => {
  const cheap = toRoute(all.slice(0, 3), { maxPrice: { prompt: 2 } }, undefined, priceByProvider)
  expect(idsOf(cheap, toFacts())).toEqual(['p0'])
  const [, dear, unpriced] = cheap.entries
  for (const entry of [dear, unpriced])
    expect(testConditions(entry ?? expect.unreachable(), toFacts())).toEqual([{ condition: 'max_price', holds: false }])
  const both = toRoute(all.slice(0, 3), { maxPrice: { prompt: 3, completion: 5 } }, undefined, priceByProvider)
  expect(idsOf(both, toFacts())).toEqual(['p0', 'p1'])
})

test('a maximum price holds for the targets of inner routes, which keep their own', () => {
  const inner = { ...plainRoute, name: 'inner', targets: all.slice(0, 2), maxPrice: { completion: 4 } }
  const outer = {
    ...plainRoute,
    name: 'outer',
    targets: [{ ...plain, name: 'inner' }, ...all.slice(0, 2)],
    maxPrice: { prompt: 3 },
  }
  const routes = [inner, outer].map((route) => [route.name, route] as const)
  const created = createRoutes(new Map(routes), registry, new HealthBook(), priceByProvider)
  expect(idsOf(created.find('outer') ?? expect.unreachable(), toFacts())).toEqual(['p1', 'p0'])
  expect(idsOf(created.find('inner') ?? expect.unreachable(), toFacts())).toEqual(['p1'])
})

test('a maximum price that excludes a step after a failure is refused, with the step', () => {
  const toSteps = (context_window: readonly string[]) => () =>
    toRoute(
      all.slice(0, 1),
      { maxPrice: { prompt: 2 }, onFailure: { context_window }, shadow: { name: 'p1/m', percent: 5 } },
      undefined,
      priceByProvider,
    )
  expect(toSteps(['p1/m', 'next'])).toThrow(
    'routes.r.max_price excludes `p1/m` of `routes.r.on_failure.context_window`. `p1/m`: 3 USD per million input tokens, more than `routes.r.max_price.prompt` (2). Raise it, or set missing prices under `prices`.',
  )
  expect(toSteps(['p2/m'])).toThrow(
    'routes.r.max_price excludes `p2/m` of `routes.r.on_failure.context_window`. `p2/m`: its price is not known.',
  )
  expect(toSteps(['next', 'p0/other'])).not.toThrow()
})

test('a step to a route whose own maximum price excludes the rest is refused too', () => {
  const inner = { ...plainRoute, name: 'inner', targets: all.slice(0, 2), maxPrice: { completion: 4 } }
  const outer = {
    ...plainRoute,
    name: 'outer',
    targets: all.slice(0, 1),
    maxPrice: { prompt: 2 },
    onFailure: { overload: ['inner'] },
  }
  const routes = new Map([inner, outer].map((route) => [route.name, route] as const))
  expect(() => createRoutes(routes, registry, new HealthBook(), priceByProvider)).toThrow(
    'routes.outer.max_price excludes `inner` of `routes.outer.on_failure.overload`. `p0/m`: 5 USD per million output tokens, more than `routes.inner.max_price.completion` (4); `p1/m`: 3 USD per million input tokens, more than `routes.outer.max_price.prompt` (2).',
  )
})

test('a reload keeps what a route has learned and counted', () => {
  const settings = new Map([['r', toRoute(all.slice(0, 2), { strategy: 'cheapest' }).settings]])
  const create = (earlier?: Routes) => createRoutes(settings, registry, new HealthBook(), () => undefined, earlier)
  const before = create()
  before.find('r')?.mix.add({ inputTokens: 50_000, outputTokens: 5 })
  while (before.find('r')?.retries.take());
  const after = create(before).find('r')
  expect(after?.mix.input).toBeGreaterThan(1_000)
  expect(after?.retries.take()).toBe(false)
})

test('a reload keeps no earlier routes in memory', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  const settings = new Map([['r', toRoute(all.slice(0, 2)).settings]])
  const create = (earlier?: Routes) => createRoutes(settings, registry, new HealthBook(), () => undefined, earlier)
  let last = create()
  const earlier: WeakRef<Routes>[] = []
  for (let times = 0; times < 3; times++) {
    earlier.push(new WeakRef(last))
    last = create(last)
  }
  // A WeakRef keeps its target until the end of the task.
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  expect(earlier.map((reference) => reference.deref())).toEqual([undefined, undefined, undefined])
  expect(last.find('r')).toBeDefined()
})

test('a maximum price that excludes all targets is refused, with each reason', () => {
  const create = () => toRoute(all.slice(0, 3), { maxPrice: { prompt: 0.5 } }, undefined, priceByProvider)
  expect(create).toThrow(
    'routes.r.max_price excludes all targets. `p0/m`: 1 USD per million input tokens, more than `routes.r.max_price.prompt` (0.5); `p1/m`: 3 USD per million input tokens, more than `routes.r.max_price.prompt` (0.5); `p2/m`: its price is not known. Raise it, or set missing prices under `prices`.',
  )
})

interface ServedCall extends Partial<MeasuredResponse> {
  readonly isStream?: boolean
}

function serve(health: TargetHealth, now: number, firstOutputMs: number | undefined, call: ServedCall = {}): void {
  const { isStream = true, ...measured } = call
  health.begin(now, isStream)
  health.end(now, isStream, { firstOutputMs, outputTokens: 100, durationMs: 1_000, ...measured })
}

function toMeasuredRoute(strategy: Strategy) {
  const book = new HealthBook()
  const route = toRoute(all.slice(0, 3), { strategy }, book)
  const [p0, p1, p2] = route.entries.map(({ target }) => book.of(target ?? expect.unreachable()))
  if (p0 === undefined || p1 === undefined || p2 === undefined) throw new Error('too few targets')
  return { at: (now: number, isStream = true) => idsOf(route, toFacts({ now, isStream })), p0, p1, p2 }
}

test('the fastest target is the one with the shortest time to the first token, and few calls in progress', () => {
  const { at, p0, p1, p2 } = toMeasuredRoute('fastest')
  serve(p0, 0, 900)
  serve(p1, 0, 100)
  // A target without a measurement is tried first.
  expect(at(1)).toEqual(['p2', 'p1', 'p0'])
  serve(p2, 1, 300)
  expect(at(2)).toEqual(['p1', 'p2', 'p0'])
  for (let call = 0; call < 4; call++) p1.begin(2, true)
  expect(at(3)[0]).toBe('p2')
  // A peak counts at once, and is forgotten slowly.
  serve(p2, 3, 5_000)
  expect(at(4)[0]).toBe('p1')
})

test('a target without a measurement gets one call, and then none until that is over', () => {
  for (const strategy of ['fastest', 'throughput'] as const) {
    const { at, p0, p1, p2 } = toMeasuredRoute(strategy)
    serve(p0, 0, 500)
    expect(at(1)).toEqual(['p1', 'p2', 'p0'])
    p1.begin(1, true)
    expect(at(1)).toEqual(['p2', 'p0', 'p1'])
    p2.begin(1, true)
    p2.begin(1, true)
    expect(at(1)).toEqual(['p0', 'p1', 'p2'])
  }
})

test.each(['fastest', 'throughput'] as const)(
  'by %s, a wait that is given up counts as slow, and never as fast',
  (strategy) => {
    const { at, p0, p1, p2 } = toMeasuredRoute(strategy)
    serve(p0, 0, 100, { durationMs: 1_000 })
    serve(p1, 0, 300, { durationMs: 3_000 })
    serve(p2, 0, undefined, { durationMs: 60_000 })
    expect(at(1)).toEqual(['p0', 'p1', 'p2'])
    // A short wait tells nothing.
    for (let waits = 0; waits < 20; waits++) serve(p1, 1, undefined, { durationMs: 2 })
    expect(at(2)).toEqual(['p0', 'p1', 'p2'])
    for (let waits = 0; waits < 4; waits++) serve(p0, 1, undefined, { durationMs: 30_000 })
    expect(at(2)).toEqual(['p1', 'p0', 'p2'])
  },
)

test('a target that has answered nothing still gets one call at a time after short waits', () => {
  const { at, p0, p1, p2 } = toMeasuredRoute('fastest')
  serve(p0, 0, 500)
  serve(p1, 0, 600)
  serve(p2, 0, undefined, { durationMs: 2 })
  expect(at(1)).toEqual(['p2', 'p0', 'p1'])
  p2.begin(1, true)
  expect(at(1)).toEqual(['p0', 'p1', 'p2'])
  // A whole answer in progress measures no first token, so the next stream is still tried.
  p2.end(1, true, undefined)
  p2.begin(1, false)
  expect(at(1)).toEqual(['p2', 'p0', 'p1'])
})

test('whole answers, which take longer, make no target slow for streams', () => {
  const { at, p0, p1, p2 } = toMeasuredRoute('fastest')
  serve(p0, 0, 100)
  serve(p1, 0, 300)
  serve(p2, 0, 900)
  serve(p0, 0, 20_000, { isStream: false })
  serve(p1, 0, 9_000, { isStream: false })
  serve(p2, 0, 30_000, { isStream: false })
  expect([at(1), at(1, false)]).toEqual([
    ['p0', 'p1', 'p2'],
    ['p1', 'p0', 'p2'],
  ])
})

test('by throughput, the target with the most output tokens per second comes first', () => {
  const { at, p0, p1, p2 } = toMeasuredRoute('throughput')
  serve(p0, 0, 10, { outputTokens: 500, durationMs: 10_000 })
  serve(p1, 0, 900, { outputTokens: 500, durationMs: 5_000 })
  expect(at(1)).toEqual(['p2', 'p1', 'p0'])
  serve(p2, 1, 100, { outputTokens: 500, durationMs: 8_000 })
  expect(at(2)).toEqual(['p1', 'p2', 'p0'])
  // Short answers, in which the first token takes most of the time, and one that its caller reads slowly count little.
  for (let call = 0; call < 10; call++) serve(p1, 2, 900, { outputTokens: 1, durationMs: 900 })
  serve(p1, 2, 900, { outputTokens: 30, durationMs: 600_000 })
  expect(at(2)[0]).toBe('p1')
  // Answers without tokens count for nothing.
  serve(p1, 2, 900, { outputTokens: 0, durationMs: 60_000 })
  expect(at(2)[0]).toBe('p1')
  serve(p1, 60_000, 900, { outputTokens: 500, durationMs: 20_000 })
  serve(p2, 60_000, 900, { outputTokens: 500, durationMs: 8_000 })
  expect(at(60_001)[0]).toBe('p2')
  // The calls in progress count.
  for (let call = 0; call < 3; call++) p2.begin(60_001, true)
  expect(at(60_001)).toEqual(['p0', 'p1', 'p2'])
  for (let call = 0; call < 3; call++) p2.end(60_001, true, undefined)
  // After some minutes, a slow target is measured again.
  serve(p2, 900_000, 900, { outputTokens: 500, durationMs: 8_000 })
  expect(at(900_001)).toEqual(['p0', 'p1', 'p2'])
})

test('a canary gets its percentage of the sessions, always the same', () => {
  const route = toRoute([{ ...plain, name: 'p0/m', percent: 5 }, ...all.slice(1, 2)])
  const chosen = sessions.filter((session) => idsOf(route, inSession(session))[0] === 'p0')
  expect(chosen.length / sessions.length).toBeCloseTo(0.05, 2)
  expect(chosen.every((session) => idsOf(route, inSession(session))[0] === 'p0')).toBe(true)
})

test('two entries with one model draw apart', () => {
  const twice = { ...plain, name: 'p0/m', percent: 50 }
  const route = toRoute([twice, twice, ...all.slice(1, 2)])
  const chosen = sessions.filter((session) => idsOf(route, inSession(session))[0] === 'p0')
  expect(chosen.length / sessions.length).toBeCloseTo(0.75, 1)
  const weighted = toRoute(
    [all[0], all[0], all[1]].map((target) => ({ ...plain, name: target?.name ?? '' })),
    {
      strategy: 'sticky',
    },
  )
  const drawn = sessions.filter((session) => idsOf(weighted, inSession(session))[0] === 'p0')
  expect(drawn.length / sessions.length).toBeCloseTo(2 / 3, 1)
})

test.each([
  ['a key', { keys: ['key_1'] }, {}, { keyIds: ['key_2'] }],
  ['a tag', { tags: ['team:eng*'] }, { tags: () => ['team:engines'] }, { tags: () => ['team:sales'] }],
  ['an input', { inputs: ['image'] }, { inputs: () => new Set(['image']) }, {}],
  ['a maximum of tokens', { maxInputTokens: 100 }, {}, { inputTokens: (): number => 101 }],
  ['a minimum of tokens', { minInputTokens: 100 }, {}, { inputTokens: (): number => 99 }],
  [
    'hours',
    { hours: { days: ['mon'], from: 720, until: 780, timeZone: 'UTC' } },
    {},
    { now: Date.UTC(2026, 10, 30, 13) },
  ],
  [
    'hours over midnight',
    { hours: { days: undefined, from: 1_320, until: 360, timeZone: 'Asia/Shanghai' } },
    { now: Date.UTC(2026, 10, 30, 15) },
    {},
  ],
  [
    'a day elsewhere',
    { hours: { days: ['tue'], from: 0, until: 1_440, timeZone: 'Pacific/Auckland' } },
    {},
    { now: Date.UTC(2026, 10, 30, 10) },
  ],
] as const)('a condition on %s includes and excludes a target', (_name, condition, included, excluded) => {
  const when = { ...always, ...condition } as unknown as typeof always
  const route = toRoute([{ ...plain, name: 'p0/m', when }, ...all.slice(1, 2)])
  expect(idsOf(route, toFacts(included as Partial<RoutingFacts>))).toEqual(['p0', 'p1'])
  expect(idsOf(route, toFacts(excluded as Partial<RoutingFacts>))).toEqual(['p1'])
})

test('a route inside another is ranked by its own strategy, and each target comes once', () => {
  const settings = new Map(
    [
      { name: 'inner', strategy: 'sticky' as const, targets: all.slice(0, 3) },
      { name: 'r', strategy: 'ordered' as const, targets: [{ ...plain, name: 'inner' }, ...all.slice(2, 5)] },
    ].map((route) => [route.name, { ...plainRoute, ...route }]),
  )
  const route = createRoutes(settings, registry, new HealthBook(), () => undefined).find('r') ?? expect.unreachable()
  const ids = idsOf(route, inSession('s'))
  expect([...ids.slice(0, 3)].sort()).toEqual(['p0', 'p1', 'p2'])
  expect(ids.slice(3)).toEqual(['p3', 'p4'])
})
