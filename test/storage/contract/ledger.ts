import { afterEach, describe, expect, it } from 'vitest'
import { limitName } from '../../../src/metering/limit-status.ts'
import { noLimits } from '../../../src/metering/limits.ts'
import type { AdmissionResult, Ledger, LedgerRecord } from '../../../src/storage/ledger/ledger.ts'
import { now, type TestKey, testKey, testRequest, testSettlement } from './ledger-fixtures.ts'

export interface OpenLedger {
  readonly ledger: Ledger
  /** Returns all records in sequence order. */
  records(): Promise<readonly LedgerRecord[]>
  close(): Promise<void> | void
}

/** Defines the tests that every ledger must pass. `open` creates an empty ledger with these keys. */
export function describeLedger(name: string, open: (keys: readonly TestKey[]) => Promise<OpenLedger>): void {
  describe(`${name} as a ledger (P21)`, () => {
    const opened: OpenLedger[] = []
    afterEach(async () => {
      await Promise.all(opened.splice(0).map(({ close }) => close()))
    })

    async function openWith(...keys: TestKey[]): Promise<OpenLedger> {
      const created = await open(keys)
      opened.push(created)
      return created
    }

    describeSettlements(openWith)
    describeRefusals(openWith)
    describeFamilies(openWith)
    describeCarriedRules(openWith)
    describeCorrections(openWith)
    describeUserErasures(openWith)
  })
}

type Open = (...keys: TestKey[]) => Promise<OpenLedger>

function describeSettlements(openWith: Open): void {
  it('reserves the worst case and records the actual cost', async () => {
    const { ledger, records } = await openWith(testKey('key_a'))
    const request = testRequest('key_a', { endUser: 'ada', tags: ['team:blue'], route: 'chat', isStream: true })
    expect(await ledger.admit(request)).toMatchObject({ kind: 'admitted' })
    expect(await ledger.balance('key_a', now)).toMatchObject({
      spentNano: 0,
      reservedNano: 1_000,
      calls: 1,
      streams: 1,
    })
    expect(await ledger.settle(testSettlement(request.id))).toBe(true)
    expect(await ledger.balance('key_a', now)).toMatchObject({
      spentNano: 300,
      dayNano: 300,
      weekNano: 300,
      monthNano: 300,
    })
    expect(await ledger.balance('key_a', now)).toMatchObject({ reservedNano: 0, calls: 0, streams: 0 })
    expect(await records()).toMatchObject([
      {
        id: request.id,
        requestId: request.requestId,
        endUser: 'ada',
        tags: ['team:blue'],
        route: 'chat',
        costNano: 300,
        outcome: 'ok',
      },
    ])
  })

  it('records why an attempt failed', async () => {
    const { ledger, records } = await openWith(testKey('key_a'))
    const request = testRequest('key_a', { route: 'chat' })
    await ledger.admit(request)
    await ledger.settle(testSettlement(request.id, { outcome: 'upstream_error', failure: 'overload' }))
    expect(await records()).toMatchObject([{ id: request.id, route: 'chat', failure: 'overload' }])
  })

  it('settles a call once for any number of settlements (R43)', async () => {
    const { ledger, records } = await openWith(testKey('key_a'))
    const request = testRequest('key_a')
    await ledger.admit(request)
    const results = await Promise.all([1, 2, 3].map(() => ledger.settle(testSettlement(request.id))))
    expect(results.filter(Boolean)).toHaveLength(1)
    expect(await ledger.settle(testSettlement(request.id))).toBe(false)
    expect(await records()).toHaveLength(1)
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 300, reservedNano: 0, calls: 0 })
  })

  it('does not settle a call that was never admitted', async () => {
    const { ledger, records } = await openWith(testKey('key_a'))
    expect(await ledger.settle(testSettlement('gen_unknown'))).toBe(false)
    expect(await records()).toEqual([])
    expect(await ledger.balance('key_a', now)).toBeUndefined()
  })

  it('counts callers without a key, who have no limits', async () => {
    const { ledger, records } = await openWith()
    const request = testRequest('token')
    expect(await ledger.admit(request)).toMatchObject({ kind: 'admitted', rates: [] })
    await ledger.settle(testSettlement(request.id))
    expect(await records()).toMatchObject([{ keyId: 'token', costNano: 300 }])
  })

  it('holds the operator’s part of an attempt beside its caller’s, each settled once', async () => {
    const { ledger, records } = await openWith(testKey('key_a'))
    const ofCaller = testRequest('key_a')
    const ofOperator = testRequest('operator')
    await ledger.admit(ofCaller)
    const admitted = await ledger.admit(ofOperator)
    expect(admitted).toMatchObject({ kind: 'admitted', rates: [] })
    expect(await ledger.limits('operator', now)).toEqual([])
    expect(await ledger.balance('operator', now)).toMatchObject({ reservedNano: 1_000, calls: 1 })
    const shard = admitted.kind === 'admitted' ? admitted.shard : undefined
    const settlement = { ...testSettlement(ofOperator.id), shard }
    expect(await ledger.settle(settlement)).toBe(true)
    expect(await ledger.settle(settlement)).toBe(false)
    const free = { costNano: 0, costSource: 'none', usage: undefined } as const
    expect(await ledger.settle({ ...testSettlement(ofCaller.id), ...free })).toBe(true)
    expect(await ledger.balance('operator', now)).toMatchObject({ spentNano: 300, reservedNano: 0, calls: 0 })
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 0, reservedNano: 0, calls: 0 })
    // Two shards deliver their records in any order.
    const costs = new Map((await records()).map(({ keyId, costNano }) => [keyId, costNano]))
    expect(costs).toEqual(
      new Map([
        ['key_a', 0],
        ['operator', 300],
      ]),
    )
  })

  it('records each attempt of a call, and counts the call once (R55)', async () => {
    const { ledger, records } = await openWith(
      testKey('key_a', { rates: [{ unit: 'requests', window: 'minute', limit: 1 }] }),
    )
    const first = testRequest('key_a')
    const second = testRequest('key_a', { requestId: first.requestId, attempt: 2, provider: 'deepinfra' })
    await ledger.admit(first)
    await ledger.settle(testSettlement(first.id, { outcome: 'upstream_error', status: 500, costNano: 70 }))
    expect(await ledger.admit(second)).toMatchObject({ kind: 'admitted' })
    await ledger.settle(testSettlement(second.id))
    expect(await records()).toMatchObject([
      { attempt: 1, costNano: 70, provider: 'openai' },
      { attempt: 2, costNano: 300, provider: 'deepinfra' },
    ])
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 370 })
  })

  it('spends the sum of its records for a hundred calls in any order', async () => {
    const { ledger, records } = await openWith(testKey('key_root'), testKey('key_a', {}, { parentId: 'key_root' }))
    const requests = Array.from({ length: 100 }, (_, index) => testRequest(index % 2 === 0 ? 'key_a' : 'key_root'))
    await Promise.all(requests.map((request) => ledger.admit(request)))
    await Promise.all(requests.map(({ id }, index) => ledger.settle(testSettlement(id, { costNano: index }))))
    const sum = (await records()).reduce((total, { costNano }) => total + costNano, 0)
    expect(sum).toBe(4_950)
    expect(await ledger.balance('key_root', now)).toMatchObject({ spentNano: sum, reservedNano: 0, calls: 0 })
  })
}

function kindsOf(results: readonly AdmissionResult[]): Record<string, number> {
  const kinds: Record<string, number> = {}
  for (const { kind } of results) kinds[kind] = (kinds[kind] ?? 0) + 1
  return kinds
}

function describeRefusals(openWith: Open): void {
  const budget = (limitNano: number) => ({ budgets: [{ per: 'month', limitNano, timeZone: 'UTC' }] }) as const

  it('admits exactly as many of 200 concurrent calls as a budget allows (R38)', async () => {
    const { ledger } = await openWith(testKey('key_a', budget(10_999)))
    const results = await Promise.all(Array.from({ length: 200 }, () => ledger.admit(testRequest('key_a'))))
    expect(kindsOf(results)).toEqual({ admitted: 10, refused: 190 })
  })

  it('reserves nothing for a refusal (R40)', async () => {
    const limits = { concurrentCalls: 1, rates: [{ unit: 'requests', window: 'minute', limit: 2 }] } as const
    const { ledger } = await openWith(testKey('key_a', limits))
    const first = testRequest('key_a')
    await ledger.admit(first)
    for (let tries = 0; tries < 5; tries++) {
      const refused = await ledger.admit(testRequest('key_a'))
      expect(refused).toMatchObject({
        kind: 'refused',
        limit: { kind: 'concurrency', unit: 'calls', allowed: 1, used: 1 },
      })
    }
    await ledger.settle(testSettlement(first.id))
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
  })

  it.each([
    ['requests/minute', { rates: [{ unit: 'requests', window: 'minute', limit: 1 }] }, {}],
    ['tokens/day', { rates: [{ unit: 'tokens', window: 'day', limit: 150 }] }, {}],
    ['concurrent_calls', { concurrentCalls: 1 }, {}],
    ['concurrent_streams', { concurrentStreams: 1 }, { isStream: true }],
    ['budget/day', { budgets: [{ per: 'day', limitNano: 1_500, timeZone: 'Asia/Tokyo' }] }, {}],
    ['budget/week', { budgets: [{ per: 'week', limitNano: 1_500, timeZone: 'UTC' }] }, {}],
    ['budget/total', { budgets: [{ per: 'total', limitNano: 1_500, timeZone: 'UTC' }] }, {}],
  ] as const)(
    'refuses the second call over %s, and reports the status of the limit',
    async (limit, limits, changes) => {
      const { ledger } = await openWith(testKey('key_a', limits))
      expect(await ledger.admit(testRequest('key_a', changes))).toMatchObject({ kind: 'admitted' })
      const refused = await ledger.admit(testRequest('key_a', changes))
      expect(refused).toMatchObject({ kind: 'refused', limit: { keyId: 'key_a', isPerUser: false } })
      expect(refused.kind === 'refused' && limitName(refused.limit)).toBe(limit)
    },
  )

  it('refuses a call that may exceed the cost limit of a call (S59)', async () => {
    const { ledger } = await openWith(testKey('key_a', { callNano: 999 }))
    const refused = await ledger.admit(testRequest('key_a'))
    expect(refused).toMatchObject({ kind: 'refused', limit: { kind: 'call_cost', allowed: 999 }, asked: 1_000 })
    expect(await ledger.admit(testRequest('key_a', { reservedNano: 999 }))).toMatchObject({ kind: 'admitted' })
  })

  it('case C4: grants a part of the remaining budget to a call with a minimum, and records the grant as its reservation', async () => {
    const { ledger, records } = await openWith(testKey('key_a', budget(2_000)))
    const asked = { reservedNano: 9_000, minNano: 300 }
    const requests = Array.from({ length: 5 }, () => testRequest('key_a', asked))
    const granted: (number | undefined)[] = []
    for (const request of requests) {
      const result = await ledger.admit(request)
      granted.push(result.kind === 'admitted' ? result.grantedNano : undefined)
    }
    expect(granted).toEqual([500, 375, 300, 300, 300])
    expect(await ledger.balance('key_a', now)).toMatchObject({ reservedNano: 1_775, calls: 5 })
    expect(await ledger.admit(testRequest('key_a', asked))).toMatchObject({
      kind: 'refused',
      asked: 300,
      limit: { kind: 'budget', used: 1_775 },
    })
    for (const { id } of requests) await ledger.settle(testSettlement(id, { costNano: 100 }))
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 500, reservedNano: 0 })
    expect((await records()).map(({ reservedNano }) => reservedNano)).toEqual(granted)
    // Cuts nothing if the budget covers the whole reservation.
    const small = await ledger.admit(testRequest('key_a', { reservedNano: 1_500, minNano: 300 }))
    expect(small).not.toHaveProperty('grantedNano')
  })

  it('case C4: grants each of 100 concurrent calls a part, and in total no more than the budget', async () => {
    const { ledger } = await openWith(testKey('key_a', budget(50_000)))
    const results = await Promise.all(
      Array.from({ length: 100 }, () => ledger.admit(testRequest('key_a', { reservedNano: 100_000, minNano: 1_000 }))),
    )
    const granted = results.flatMap((result) => (result.kind === 'admitted' ? [result.grantedNano ?? 0] : []))
    const sum = granted.reduce((total, nano) => total + nano, 0)
    expect(Math.min(...granted)).toBe(1_000)
    expect(sum).toBeLessThanOrEqual(50_000)
    expect(sum).toBeGreaterThan(49_000)
    expect(await ledger.balance('key_a', now)).toMatchObject({ reservedNano: sum, calls: granted.length })
  })

  it('case C4: learns the typical reply size of a key and model, and grants no smaller rest of a budget', async () => {
    const { ledger } = await openWith(testKey('key_a', budget(8_000)), testKey('key_b', budget(8_000)))
    const answer = { minTokens: 1_000, fullTokens: 100_000 }
    const ask = (keyId: string, model: string) =>
      ledger.admit(testRequest(keyId, { model, reservedNano: 100_000, minNano: 1_000, answer }))
    const grantOf = async (keyId: string, model: string) => {
      const request = testRequest(keyId, { model, reservedNano: 100_000, minNano: 1_000, answer })
      const result = await ledger.admit(request)
      await ledger.settle(testSettlement(request.id, { costNano: 0, answerTokens: 3_000 }))
      return result.kind === 'admitted' ? result.grantedNano : undefined
    }
    const granted: (number | undefined)[] = []
    for (let count = 0; count < 5; count++) granted.push(await grantOf('key_a', 'long'))
    expect(granted).toEqual([2_000, 2_000, 2_304, 3_000, 3_000])
    expect(await grantOf('key_a', 'other')).toBe(2_000)
    expect(await grantOf('key_b', 'long')).toBe(2_000)
    for (let count = 0; count < 2; count++) expect(await ask('key_a', 'long')).toMatchObject({ grantedNano: 3_000 })
    // The remaining 2,000 would cover the minimum.
    expect(await ask('key_a', 'long')).toMatchObject({
      kind: 'refused',
      asked: 3_000,
      usualTokens: 3_000,
      limit: { kind: 'budget', used: 6_000 },
    })
    const shorter = { reservedNano: 1_900, minNano: 1_000, answer: { minTokens: 1_000, fullTokens: 1_900 } }
    expect(await ledger.admit(testRequest('key_a', { model: 'long', ...shorter }))).toMatchObject({ kind: 'admitted' })
  })

  it('case C4: cuts nothing for a shadow limit, and reports it only if not even the minimum fits', async () => {
    const { ledger } = await openWith(testKey('key_a', budget(1_500), { isShadow: true }))
    const asked = { reservedNano: 9_000, minNano: 1_000 }
    const first = await ledger.admit(testRequest('key_a', asked))
    expect(first).toMatchObject({ kind: 'admitted', wouldRefuse: [] })
    expect(first).not.toHaveProperty('grantedNano')
    expect(await ledger.admit(testRequest('key_a', asked))).toMatchObject({ wouldRefuse: [{ kind: 'budget' }] })
  })

  it('releases the tokens and the money that a call did not use', async () => {
    const limits = { rates: [{ unit: 'tokens', window: 'hour', limit: 130 }], ...budget(1_300) } as const
    const { ledger } = await openWith(testKey('key_a', limits))
    const first = testRequest('key_a')
    await ledger.admit(first)
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'refused' })
    await ledger.settle(testSettlement(first.id))
    const second = await ledger.admit(testRequest('key_a'))
    expect(second).toMatchObject({ kind: 'admitted' })
    const tokens = second.kind === 'admitted' ? second.rates.find(({ unit }) => unit === 'tokens') : undefined
    expect(tokens).toMatchObject({ window: 'hour', allowed: 130, used: 130 })
  })

  it('counts but refuses nothing in shadow mode', async () => {
    const { ledger, records } = await openWith(testKey('key_a', budget(1_500), { isShadow: true }))
    await ledger.admit(testRequest('key_a'))
    const second = testRequest('key_a')
    const result = await ledger.admit(second)
    expect(result).toMatchObject({ kind: 'admitted', wouldRefuse: [{ kind: 'budget', period: 'month' }] })
    await ledger.settle(testSettlement(second.id))
    expect(await records()).toMatchObject([{ id: second.id, wouldRefuse: ['budget/month'] }])
  })

  it('refuses keys that are disabled, expired or unknown', async () => {
    const { ledger } = await openWith(
      testKey('key_off', {}, { isDisabled: true }),
      testKey('key_old', {}, { expiresAt: now - 1 }),
      testKey('key_under_old', {}, { parentId: 'key_old' }),
    )
    for (const id of ['key_off', 'key_old', 'key_under_old', 'key_gone']) {
      expect(await ledger.admit(testRequest(id)), id).toEqual({ kind: 'inactive' })
    }
  })
}

function describeFamilies(openWith: Open): void {
  it('enforces every limit of every ancestor', async () => {
    const { ledger } = await openWith(
      testKey('key_root', { concurrentCalls: 3 }),
      testKey('key_team', { concurrentCalls: 2 }, { parentId: 'key_root' }),
      testKey('key_ada', {}, { parentId: 'key_team' }),
      testKey('key_bob', {}, { parentId: 'key_root' }),
    )
    await ledger.admit(testRequest('key_ada'))
    await ledger.admit(testRequest('key_ada'))
    expect(await ledger.admit(testRequest('key_ada'))).toMatchObject({
      kind: 'refused',
      limit: { keyId: 'key_team' },
    })
    expect(await ledger.admit(testRequest('key_bob'))).toMatchObject({ kind: 'admitted' })
    expect(await ledger.admit(testRequest('key_bob'))).toMatchObject({
      kind: 'refused',
      limit: { keyId: 'key_root' },
    })
    expect(await ledger.balance('key_root', now)).toMatchObject({ calls: 3, reservedNano: 3_000 })
  })

  it('separates the end users of a key, and treats those without a name as one', async () => {
    const perUser = { ...noLimits, concurrentCalls: 1 }
    const { ledger } = await openWith(testKey('key_a', { concurrentCalls: 10 }, { perUser }))
    const ask = (endUser: string) => ledger.admit(testRequest('key_a', { endUser }))
    expect(kindsOf([await ask('ada'), await ask('bob'), await ask('')])).toEqual({ admitted: 3 })
    expect(await ask('ada')).toMatchObject({
      kind: 'refused',
      limit: { isPerUser: true, kind: 'concurrency', unit: 'calls' },
    })
    expect(await ask('')).toMatchObject({ kind: 'refused' })
    expect(await ledger.balance('key_a', now)).toMatchObject({ calls: 3 })
  })

  it('reports the status of every limit of a key and its ancestors, and reserves nothing', async () => {
    const day = { per: 'day', limitNano: 50_000, timeZone: 'Europe/Berlin' } as const
    const total = { per: 'total', limitNano: 9_000, timeZone: 'UTC' } as const
    const rates = [{ unit: 'requests', window: 'minute', limit: 5 } as const]
    const root = testKey('key_root', { budgets: [day], concurrentStreams: 2 })
    const { ledger } = await openWith(root, testKey('key_a', { rates, budgets: [total] }, { parentId: 'key_root' }))
    const readStatus = async () =>
      (await ledger.limits('key_a', now)).map((limit) => [limit.keyId, limitName(limit), limit.allowed, limit.used])
    const untouched = [
      ['key_a', 'budget/total', 9_000, 0],
      ['key_a', 'requests/minute', 5, 0],
      ['key_root', 'budget/day', 50_000, 0],
      ['key_root', 'concurrent_streams', 2, 0],
    ]
    expect(await readStatus()).toEqual(untouched)
    const request = testRequest('key_a', { isStream: true })
    await ledger.admit(request)
    expect((await readStatus()).map(([, , , used]) => used)).toEqual([1_000, 1, 1_000, 1])
    await ledger.settle(testSettlement(request.id))
    expect((await readStatus()).map(([, , , used]) => used)).toEqual([300, 1, 300, 0])
    const [ends] = (await ledger.limits('key_a', now)).filter((limit) => limitName(limit) === 'budget/day')
    expect(ends?.resetsInMs).toBeGreaterThan(0)
    expect(await ledger.limits('key_none', now)).toEqual([])
  })

  it('keeps 400 concurrent calls of ten children within the cap of their parent (R37, R38)', async () => {
    const parent = testKey('key_root', { budgets: [{ per: 'total', limitNano: 100_500, timeZone: 'UTC' }] })
    const children = Array.from({ length: 10 }, (_, index) => testKey(`key_${index}`, {}, { parentId: 'key_root' }))
    const { ledger, records } = await openWith(parent, ...children)
    const requests = Array.from({ length: 400 }, (_, index) => testRequest(`key_${index % 10}`))
    const results = await Promise.all(requests.map((request) => ledger.admit(request)))
    expect(kindsOf(results)).toEqual({ admitted: 100, refused: 300 })
    const admitted = requests.filter((_, index) => results[index]?.kind === 'admitted')
    await Promise.all(admitted.map(({ id }) => ledger.settle(testSettlement(id))))
    expect(await records()).toHaveLength(100)
    expect(await ledger.balance('key_root', now)).toMatchObject({ spentNano: 30_000, reservedNano: 0, calls: 0 })
  })
}

function describeCorrections(openWith: Open): void {
  const day = { per: 'day', limitNano: 2_000, timeZone: 'UTC' } as const
  const perUser = { ...noLimits, budgets: [day] }

  async function openSettled() {
    const root = testKey('key_root', { budgets: [day] })
    const opened = await openWith(root, testKey('key_a', {}, { parentId: 'key_root', perUser }))
    const request = testRequest('key_a', { endUser: 'ada' })
    await opened.ledger.admit(request)
    await opened.ledger.settle(
      testSettlement(request.id, { outcome: 'unknown', costNano: 1_000, costSource: 'reserved' }),
    )
    // Ships the record if the ledger stores records elsewhere.
    await opened.records()
    const correct = (costNano: number) =>
      opened.ledger.correct({ id: request.id, lineage: ['key_a', 'key_root'], costNano, now })
    return { ...opened, request, correct }
  }

  it('case C19 corrects the cost of a record and the spending of its key, ancestors and end user', async () => {
    const { ledger, records, correct, request } = await openSettled()
    expect(await correct(40)).toMatchObject({ id: request.id, costNano: 1_000, costSource: 'reserved' })
    expect(await records()).toMatchObject([
      { id: request.id, costNano: 40, costSource: 'corrected', outcome: 'unknown' },
    ])
    for (const id of ['key_a', 'key_root']) {
      const spent = { spentNano: 40, dayNano: 40, weekNano: 40, monthNano: 40, reservedNano: 0 }
      expect(await ledger.balance(id, now)).toMatchObject(spent)
    }
    const admit = (reservedNano: number) => ledger.admit(testRequest('key_a', { endUser: 'ada', reservedNano }))
    expect(await admit(1_961)).toMatchObject({ kind: 'refused', limit: { kind: 'budget', used: 40 } })
    expect(await admit(1_960)).toMatchObject({ kind: 'admitted' })
  })

  it('case C19 applies a repeated correction once, and a later correction again', async () => {
    const { ledger, records, correct } = await openSettled()
    await Promise.all([correct(1_700), correct(1_700), correct(1_700)])
    expect(await correct(1_700)).toMatchObject({ costNano: 1_700, costSource: 'corrected' })
    expect(await ledger.balance('key_root', now)).toMatchObject({ spentNano: 1_700, dayNano: 1_700 })
    await correct(0)
    expect(await ledger.balance('key_root', now)).toMatchObject({ spentNano: 0, dayNano: 0 })
    expect(await records()).toMatchObject([{ costNano: 0 }])
  })

  it('corrects neither an unknown nor an open call', async () => {
    const { ledger, correct } = await openSettled()
    const open = testRequest('key_a')
    await ledger.admit(open)
    for (const id of ['gen_unknown', open.id])
      expect(await ledger.correct({ id, lineage: ['key_a', 'key_root'], costNano: 5, now })).toBeUndefined()
    expect(await ledger.balance('key_root', now)).toMatchObject({ spentNano: 1_000, calls: 1 })
    expect(await correct(5)).toBeDefined()
  })

  it('case C19 corrects the record of a caller without a key', async () => {
    const { ledger, records } = await openWith()
    const request = testRequest('token')
    await ledger.admit(request)
    await ledger.settle(testSettlement(request.id))
    await records()
    await ledger.correct({ id: request.id, lineage: ['token'], costNano: 7, now })
    expect(await records()).toMatchObject([{ costNano: 7 }])
    expect(await ledger.balance('token', now)).toMatchObject({ spentNano: 7, dayNano: 7 })
  })
}

function describeUserErasures(openWith: Open): void {
  const perUser = { ...noLimits, budgets: [{ per: 'total', limitNano: 1_000, timeZone: 'UTC' }] } as const
  const ada = { keyId: 'key_a', endUser: "ada's/user:%" }
  const erasure = { ...ada, familyId: 'key_root', keyIds: ['key_a', 'key_root'], isDryRun: false }

  async function openSpent() {
    const opened = await openWith(
      testKey('key_root', {}, { perUser: { ...perUser, budgets: [{ ...perUser.budgets[0], limitNano: 1_800 }] } }),
      testKey('key_a', {}, { parentId: 'key_root', perUser }),
    )
    const admit = (endUser: string, reservedNano = 1_000) =>
      opened.ledger.admit(testRequest('key_a', { endUser, reservedNano }))
    const spend = async (endUser: string) => {
      const request = testRequest('key_a', { endUser })
      await opened.ledger.admit(request)
      await opened.ledger.settle(testSettlement(request.id, { costNano: 900 }))
    }
    await spend(ada.endUser)
    await spend('bob')
    return { ...opened, admit }
  }

  it('deletes the counters of one end user, and keeps those of the key and of others', async () => {
    const { ledger, admit, records } = await openSpent()
    expect(await ledger.eraseUser({ ...erasure, isDryRun: true })).toBe(0)
    expect(await admit(ada.endUser)).toMatchObject({ kind: 'refused' })
    expect(await ledger.eraseUser(erasure)).toBe(0)
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 1_800, reservedNano: 0 })
    expect(await admit('bob')).toMatchObject({ kind: 'refused', limit: { keyId: 'key_a' } })
    expect(await admit(ada.endUser)).toMatchObject({ kind: 'admitted' })
    expect((await records()).map(({ costNano }) => costNano)).toEqual([900, 900])
    expect(await ledger.eraseUser({ ...erasure, endUser: 'unknown' })).toBe(0)
  })

  it('counts the running calls of the end user, and keeps what they have reserved', async () => {
    const { ledger, admit } = await openSpent()
    const running = testRequest('key_a', { endUser: ada.endUser, reservedNano: 100 })
    await ledger.admit(running)
    await ledger.admit(testRequest('key_a', { endUser: 'bob', reservedNano: 100 }))
    expect(await ledger.eraseUser(erasure)).toBe(1)
    expect(await admit(ada.endUser, 1)).toMatchObject({ kind: 'refused' })
    await ledger.settle(testSettlement(running.id, { costNano: 50 }))
    expect(await ledger.eraseUser(erasure)).toBe(0)
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 1_850, reservedNano: 100, calls: 1 })
    expect(await admit(ada.endUser)).toMatchObject({ kind: 'admitted' })
  })

  it('keeps the counters of keys that the request does not name', async () => {
    const { ledger, admit } = await openSpent()
    expect(await ledger.eraseUser({ ...erasure, keyIds: ['key_a'] })).toBe(0)
    expect(await admit(ada.endUser, 901)).toMatchObject({ kind: 'refused', limit: { keyId: 'key_root' } })
    expect(await admit(ada.endUser, 900)).toMatchObject({ kind: 'admitted' })
  })
}

/** Rules that come with the request: of user tokens, networks and policies. */
function describeCarriedRules(openWith: Open): void {
  const once = { rates: [{ unit: 'requests', window: 'day', limit: 1 }] } as const
  const budget = (limitNano: number) => ({ budgets: [{ per: 'day', limitNano, timeZone: 'UTC' }] }) as const

  it('counts a user token below its key, and admits neither beyond the token nor beyond the key (S35)', async () => {
    const { ledger } = await openWith(testKey('key_a', budget(2_500)))
    const rules = (token: string) => [testKey(`key_a/token:${token}`, once, { expiresAt: now + 60_000 })]
    const admit = (token: string) => ledger.admit(testRequest('key_a', { endUser: 'ada', rules: rules(token) }))
    expect(await admit('one')).toMatchObject({ kind: 'admitted' })
    expect(await admit('one')).toMatchObject({ kind: 'refused', limit: { keyId: 'key_a/token:one', kind: 'rate' } })
    expect(await admit('two')).toMatchObject({ kind: 'admitted' })
    expect(await admit('three')).toMatchObject({ kind: 'refused', limit: { keyId: 'key_a', kind: 'budget' } })
    expect(await ledger.balance('key_a', now)).toMatchObject({ calls: 2, reservedNano: 2_000 })
  })

  it('refuses a user token that has ended, and one whose key is unknown', async () => {
    const { ledger } = await openWith(testKey('key_a'))
    const rules = (keyId: string, expiresAt: number) => [testKey(`${keyId}/token:t`, {}, { expiresAt })]
    // Durable Objects have their own clock.
    expect(await ledger.admit(testRequest('key_a', { rules: rules('key_a', 1) }))).toEqual({ kind: 'inactive' })
    expect(await ledger.admit(testRequest('key_b', { rules: rules('key_b', now + 60_000) }))).toEqual({
      kind: 'inactive',
    })
  })

  it('applies a policy of the configuration to all users, to each, and to each network, in one step', async () => {
    const { ledger, records } = await openWith()
    const policy = testKey('visitors', budget(3_500), { perUser: { ...noLimits, ...once } })
    const admit = (endUser: string, network: string, limits: Partial<typeof noLimits> = budget(1_500)) => {
      const request = testRequest('visitors', {
        endUser,
        rules: [testKey(`visitors/network:${network}`, limits), policy],
        token: { id: `ct_${endUser}`, userDigest: endUser, issuedAt: now },
      })
      return ledger.admit(request).then((result) => ({ ...result, id: request.id }))
    }
    const first = await admit('ada', '10.0.0.1')
    expect(first).toMatchObject({ kind: 'admitted' })
    expect(await admit('ada', '10.0.0.2')).toMatchObject({ kind: 'refused', limit: { isPerUser: true } })
    expect(await admit('bob', '10.0.0.1')).toMatchObject({
      kind: 'refused',
      limit: { keyId: 'visitors/network:10.0.0.1', kind: 'budget' },
    })
    expect(await admit('bob', '10.0.0.2')).toMatchObject({ kind: 'admitted' })
    expect(await admit('eve', '10.0.0.3')).toMatchObject({ kind: 'admitted' })
    expect(await admit('dan', '10.0.0.4')).toMatchObject({ kind: 'refused', limit: { keyId: 'visitors' } })
    const shard = first.kind === 'admitted' ? first.shard : undefined
    expect(await ledger.settle(testSettlement(first.id, { shard }))).toBe(true)
    expect(await ledger.balance('visitors', now)).toMatchObject({ spentNano: 300, calls: 2, reservedNano: 2_000 })
    expect(await records()).toMatchObject([{ keyId: 'visitors', endUser: 'ada', costNano: 300 }])
  })
}
