import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LedgerRecord } from '../../../src/storage/ledger/ledger.ts'
import type { UsageDimension, UsageQuery, UsageRow, UsageStore } from '../../../src/storage/usage-store.ts'
import { midnight, toLedgerRecord } from './to-ledger-record.ts'
import type { OpenUsageStore } from './usage-store.ts'

const hourMs = 3_600_000

interface Model {
  readonly store: UsageStore
  /** All records ever added. */
  readonly records: LedgerRecord[]
}

/** Adds, rolls up and deletes at random, and compares every sum with one computed from the records. */
export function modelUsageStore(name: string, open: () => Promise<OpenUsageStore>, numRuns: number): void {
  it(`R51 usage store: ${name} returns the sums of its records, regardless of the roll-ups`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 30 }), async (steps) => {
        const { store, close } = await open()
        const model: Model = { store, records: [] }
        try {
          for (const take of steps) await take(model)
        } finally {
          await close()
        }
      }),
      { numRuns },
    )
  })
}

type Step = (model: Model) => Promise<void>

const tag = fc.constantFrom('t:1', 't:2', 't:3')
const keyId = fc.constantFrom('key_a', 'key_b', 'key_c')
const endUser = fc.constantFrom('', 'ada', 'bob')
const provider = fc.constantFrom('openai', 'groq')
const model = fc.constantFrom('m1', 'm2', 'm3')

const route = fc.constantFrom('chat', 'code')

const record: fc.Arbitrary<Partial<LedgerRecord>> = fc.record({
  // Out of order, over five days.
  settledAt: fc.nat({ max: 120 * hourMs }).map((ms) => midnight + ms),
  keyId,
  endUser,
  provider,
  model,
  tags: fc.array(tag, { maxLength: 3 }),
  route: fc.option(route, { nil: undefined }),
  failure: fc.constantFrom(undefined, 'timeout', 'quota'),
  outcome: fc.constantFrom('ok', 'rejected', 'upstream_error', 'interrupted', 'client_gone', 'unknown'),
  costSource: fc.constantFrom('usage', 'unpriced', 'none'),
  costNano: fc.oneof(fc.nat(), fc.maxSafeNat()),
  usage: fc.option(fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat() }), { nil: undefined }),
})

const day = fc.nat({ max: 6 }).map((days) => new Date(midnight + (days - 1) * 24 * hourMs).toISOString().slice(0, 10))

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 })

const range = { from: day, to: day }

const query: fc.Arbitrary<UsageQuery> = fc.oneof(
  fc.record({
    ...range,
    groupBy: fc.uniqueArray(fc.constantFrom<UsageDimension>('day', 'key', 'end_user', 'provider', 'model')),
    keyId: maybe(keyId),
    endUser: maybe(endUser),
    provider: maybe(provider),
    model: maybe(model),
  }),
  fc.record({ ...range, groupBy: fc.uniqueArray(fc.constantFrom<UsageDimension>('day', 'provider', 'model')) }),
  fc.record({
    ...range,
    groupBy: fc.shuffledSubarray<UsageDimension>(['tag', 'day', 'key']),
    tag,
    keyId: maybe(keyId),
  }),
  fc.record({ ...range, groupBy: fc.constant<UsageDimension[]>(['tag', 'key']), keyId: maybe(keyId) }),
  fc.record({
    ...range,
    groupBy: fc.uniqueArray(fc.constantFrom<UsageDimension>('day', 'key', 'provider', 'model', 'failure')),
    route,
    keyId: maybe(keyId),
  }),
  fc.record({ ...range, groupBy: fc.constant<UsageDimension[]>(['route', 'failure']), provider: maybe(provider) }),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.array(record, { minLength: 1, maxLength: 8 }).map(toAdd) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }).map(toRollUp) },
  { weight: 1, arbitrary: fc.nat({ max: 130 }).map(toDelete) },
  { weight: 2, arbitrary: fc.tuple(fc.nat({ max: 40 }), fc.oneof(fc.nat(), fc.maxSafeNat())).map(toCorrection) },
  { weight: 6, arbitrary: query.map(toComparison) },
)

function toAdd(rests: readonly Partial<LedgerRecord>[]): Step {
  return define(`add ${fc.stringify(rests)}`, async ({ store, records }) => {
    const added = rests.map((rest, index) => toLedgerRecord(records.length + index, rest))
    await store.add(added)
    records.push(...added)
  })
}

function toRollUp(limit: number): Step {
  return define(`roll up ${limit}`, async ({ store }) => {
    expect(await store.rollUp(limit)).toBeLessThanOrEqual(limit)
  })
}

function toDelete(hours: number): Step {
  return define(`delete before hour ${hours}`, async ({ store }) => {
    await store.deleteOlderThan(midnight + hours * hourMs, 7)
  })
}

function toCorrection([index, costNano]: readonly [number, number]): Step {
  return define(`correct ${index} to ${costNano}`, async ({ store, records }) => {
    const record = records[index]
    // A deleted record stays in the sums unchanged.
    if (record === undefined || (await store.record(record.id)) === undefined) return
    await store.correct(record.id, costNano)
    records[index] = { ...record, costNano, costSource: 'corrected' }
  })
}

function toComparison(query: UsageQuery): Step {
  return define(`query ${fc.stringify(query)}`, async ({ store, records }) => {
    expect(await store.query(query)).toEqual(sumUp(records, query))
  })
}

function define(text: string, step: Step): Step {
  return Object.assign(step, { [fc.toStringMethod]: () => text })
}

/** Returns a record as rows with one value for each dimension. */
function toFacts(record: LedgerRecord, withTags: boolean) {
  const { keyId: key, endUser: end_user, provider, model, settledAt, route, failure = '' } = record
  const day = new Date(settledAt).toISOString().slice(0, 10)
  const fact = { record, day, key, end_user, provider, model, route, failure }
  return withTags ? [...new Set(record.tags)].map((tag) => ({ ...fact, tag })) : [{ ...fact, tag: '' }]
}

function sumUp(records: readonly LedgerRecord[], query: UsageQuery): readonly UsageRow[] {
  const isRouted = query.route !== undefined || query.groupBy.some((name) => name === 'route' || name === 'failure')
  const withTags = query.tag !== undefined || query.groupBy.includes('tag')
  const wanted = {
    key: query.keyId,
    end_user: query.endUser,
    provider: query.provider,
    model: query.model,
    tag: query.tag,
    route: query.route,
  }
  const facts = records
    .filter(({ route }) => route !== undefined || !isRouted)
    .flatMap((record) => toFacts(record, withTags))
    .filter((fact) => fact.day >= query.from && fact.day <= query.to)
    .filter((fact) =>
      Object.entries(wanted).every(([name, value]) => value === undefined || fact[name as UsageDimension] === value),
    )
  const groups = Map.groupBy(facts, (fact) => query.groupBy.map((name) => fact[name]).join('\n'))
  if (query.groupBy.length === 0 && groups.size === 0) groups.set('', [])
  return [...groups].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, some]) => toRow(query.groupBy, some))
}

function toRow(groupBy: readonly UsageDimension[], facts: readonly ReturnType<typeof toFacts>[number][]): UsageRow {
  const records = facts.map(({ record }) => record)
  const sum = (count: (record: LedgerRecord) => number) => records.reduce((total, record) => total + count(record), 0)
  return {
    group: Object.fromEntries(groupBy.map((name) => [name, facts[0]?.[name]])),
    calls: records.length,
    failedCalls: sum(({ outcome }) => (outcome === 'ok' || outcome === 'client_gone' ? 0 : 1)),
    unpricedCalls: sum(({ costSource }) => (costSource === 'unpriced' ? 1 : 0)),
    inputTokens: sum(({ usage }) => usage?.inputTokens ?? 0),
    outputTokens: sum(({ usage }) => usage?.outputTokens ?? 0),
    costNano: String(records.reduce((total, { costNano }) => total + BigInt(costNano), 0n)),
  }
}
