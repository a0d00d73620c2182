import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Counters, parseCounters, stringifyCounters } from '../../src/metering/counters.ts'
import { decideAdmission, type ReadCounters, replayAdmission } from '../../src/storage/ledger/decide-admission.ts'
import { decideSettlement, toUnknownSettlement } from '../../src/storage/ledger/decide-settlement.ts'
import type { AdmissionRequest, Settlement } from '../../src/storage/ledger/ledger.ts'
import {
  type OpenCall,
  parseOpenCall,
  parseSettlement,
  stringifyOpenCall,
  stringifySettlement,
} from '../../src/storage/ledger/open-call.ts'
import { testKey, testRequest, testSettlement } from './contract/ledger-fixtures.ts'
import { chainOf, keyIds } from './model/family.ts'

interface Requested {
  readonly keyId: string
  readonly endUser: string
  readonly attempt: number
  readonly isStream: boolean
  readonly tokens: number
  readonly reservedNano: number
  readonly minNano: number | undefined
}

type Step =
  | { readonly kind: 'admit'; readonly passMs: number; readonly requested: Requested }
  | { readonly kind: 'settle'; readonly passMs: number; readonly call: number; readonly tokens: number }

/** Time may run backwards, as when an object moves to a machine with a slow clock. */
const passMs = fc.constantFrom(0, 0, 1, 900, 61_000, 3_700_000, -5_000)

const histories: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('admit' as const),
      passMs,
      requested: fc.record({
        keyId: fc.constantFrom(...keyIds, 'token', 'key_unknown'),
        endUser: fc.constantFrom('', 'ada'),
        attempt: fc.integer({ min: 1, max: 2 }),
        isStream: fc.boolean(),
        tokens: fc.nat({ max: 900 }),
        reservedNano: fc.nat({ max: 10_000 }),
        minNano: fc.option(fc.nat({ max: 500 }), { nil: undefined }),
      }),
    }),
    fc.record({
      kind: fc.constant('settle' as const),
      passMs,
      call: fc.nat({ max: 9 }),
      tokens: fc.nat({ max: 1_500 }),
    }),
  ),
  { maxLength: 60 },
)

type Event = { readonly open: OpenCall } | { readonly open: OpenCall; readonly settlement: Settlement }

/** Runs a history like a ledger that discards refusals. Freezes all inputs and results. */
function run(history: readonly Step[]) {
  const counters = new Map<string, Counters>()
  const read: ReadCounters = (subject) => counters.get(subject)
  const open: OpenCall[] = []
  const events: Event[] = []
  let now = Date.UTC(2026, 10, 22, 23, 30)
  for (const step of history) {
    now += step.passMs
    if (step.kind === 'admit') {
      const request: AdmissionRequest = freeze(testRequest(step.requested.keyId, { ...step.requested, now }))
      const decision = freeze(decideAdmission(request, freeze(chainOf(request.keyId)), read))
      expect(decideAdmission(request, chainOf(request.keyId), read)).toEqual(decision)
      if (decision.openCall === undefined) continue
      for (const { subject, counters: changed } of decision.counters) counters.set(subject, changed)
      open.push(decision.openCall)
      events.push({ open: decision.openCall })
    } else {
      const [call] = open.splice(step.call % Math.max(1, open.length), 1)
      if (call === undefined) continue
      const usage = { inputTokens: step.tokens, outputTokens: 0 }
      const settlement = freeze(testSettlement(call.request.id, { usage, costNano: step.tokens, now }))
      const decision = freeze(decideSettlement(call, settlement, read))
      expect(decideSettlement(call, settlement, read)).toEqual(decision)
      for (const { subject, counters: changed } of decision.counters) counters.set(subject, changed)
      events.push({ open: call, settlement })
    }
  }
  return { counters, events }
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const member of Object.values(value)) freeze(member)
  return value
}

/** Returns the counters after replaying serialised events on stored counters. */
function replay(snapshot: ReadonlyMap<string, string>, events: readonly Event[]): ReadonlyMap<string, Counters> {
  const counters = new Map([...snapshot].map(([subject, text]) => [subject, parseCounters(text)]))
  const read: ReadCounters = (subject) => counters.get(subject)
  for (const event of events) {
    const { request, subjects } = event.open
    const counted = JSON.parse(JSON.stringify(subjects.map((subject) => subject.counted))) as readonly string[][]
    const open = parseOpenCall(request.id, request.now, stringifyOpenCall(event.open), counted)
    const changed =
      'settlement' in event
        ? decideSettlement(open, parseSettlement(request.id, stringifySettlement(event.settlement)), read).counters
        : replayAdmission(open, read)
    for (const { subject, counters: after } of changed) counters.set(subject, after)
  }
  return counters
}

function store(counters: ReadonlyMap<string, Counters>): ReadonlyMap<string, string> {
  return new Map([...counters].map(([subject, each]) => [subject, stringifyCounters(each)]))
}

describe('ledger decisions', () => {
  test('do not change their inputs, and are the same for the same inputs', () => {
    fc.assert(fc.property(histories, (history) => void run(history)))
  })

  test('R42 give the same counters in a replay from any snapshot', () => {
    fc.assert(
      fc.property(histories, fc.double({ min: 0, max: 1, noNaN: true }), (history, part) => {
        const { counters, events } = run(history)
        const from = Math.floor(part * events.length)
        const snapshot = store(replay(new Map(), events.slice(0, from)))
        const replayed = replay(snapshot, events.slice(from))
        expect(store(replayed)).toEqual(store(counters))
        expect(replayed).toEqual(counters)
      }),
    )
  })

  test('case C19: an unknown call costs its grant, not its request', () => {
    const key = testKey('key_a', { budgets: [{ per: 'total', limitNano: 4_000, timeZone: 'UTC' }] })
    const requested = testRequest('key_a', { reservedNano: 900_000, minNano: 500 })
    const { openCall, result } = decideAdmission(requested, [key], () => undefined)
    expect(result).toMatchObject({ kind: 'admitted', grantedNano: 1_000 })
    expect(openCall && toUnknownSettlement(openCall, requested.now)).toMatchObject({
      outcome: 'unknown',
      costNano: 1_000,
    })
  })

  test('R40 a refusal reserves nothing', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { counters } = run(history)
        const read: ReadCounters = (subject) => counters.get(subject)
        const requested = testRequest('key_root', { reservedNano: 9_001, now: Date.UTC(2026, 10, 22) })
        const refused = decideAdmission(requested, chainOf('key_root'), read)
        expect(refused).toMatchObject({
          result: { kind: 'refused', limit: { kind: 'call_cost' } },
          openCall: undefined,
        })
        for (const { subject, counters: after } of refused.counters) {
          const before = counters.get(subject)
          if (before !== undefined) expect(after).toEqual(before)
        }
      }),
    )
  })
})
