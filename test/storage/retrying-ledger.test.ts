import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRetryingLedger } from '../../src/storage/ledger/create-retrying-ledger.ts'
import type { Ledger, Settlement } from '../../src/storage/ledger/ledger.ts'
import { storeUnavailable } from '../../src/storage/store-unavailable.ts'
import { now, testRequest, testSettlement } from './contract/ledger-fixtures.ts'
import { createManualClock } from './model/create-manual-clock.ts'

const maxWaiting = 3

/** A store that is up or down as the test says, with a book that takes each id once. */
function createStore() {
  const booked: string[] = []
  const store = {
    ...{ isUp: true, tries: 0, booked, admitted: 0 },
    turn(isUp: boolean) {
      store.isUp = isUp
    },
  }
  const answer = <Value>(give: () => Value): Promise<Value> => {
    store.tries += 1
    return store.isUp ? Promise.resolve(give()) : Promise.reject(storeUnavailable(new Error('made to fail')))
  }
  const ledger: Ledger = {
    admit: () =>
      answer(() => {
        store.admitted += 1
        return { kind: 'admitted', rates: [], wouldRefuse: [] }
      }),
    settle: ({ id }) => answer(() => !booked.includes(id) && booked.push(id) > 0),
    balance: () => answer(() => undefined),
    limits: () => answer(() => []),
    correct: () => answer(() => undefined),
    reconcile: () => answer(() => []),
  }
  const clock = createManualClock()
  const retrying = createRetryingLedger(ledger, { clock, maxWaiting, retryMs: 500, onLost: lostNothing })
  return { store, clock, retrying, runTimers: () => runTimers(clock, maxWaiting) }
}

function lostNothing({ id }: Settlement): void {
  throw new Error(`${id} is lost`)
}

/** Runs what waits, and lets as many settlements through as there may be. */
async function runTimers(clock: ReturnType<typeof createManualClock>, settlements: number): Promise<void> {
  clock.runTimers()
  for (let turn = 0; turn <= settlements; turn++) await nextTurn()
}

const settlements = (count: number): Settlement[] =>
  Array.from({ length: count }, (_, index) => testSettlement(`gen_${index}`))

describe('a ledger whose store fails', () => {
  test('R44 keeps what the store could not take, and books it in its order once the store is back', async () => {
    const { store, retrying, runTimers: retry } = createStore()
    store.isUp = false
    for (const settlement of settlements(3)) expect(await retrying.settle(settlement)).toBe(true)
    await retry()
    expect(store.booked).toEqual([])
    store.isUp = true
    await retry()
    expect(store.booked).toEqual(['gen_0', 'gen_1', 'gen_2'])
  })

  test('R44 tries again by one timer, however many wait, and by none once all are booked', async () => {
    const { store, clock, retrying, runTimers: retry } = createStore()
    store.isUp = false
    for (const settlement of settlements(3)) await retrying.settle(settlement)
    expect(clock.pending).toBe(1)
    store.tries = 0
    await retry()
    // The first of them has told enough.
    expect(store.tries).toBe(1)
    expect(clock.pending).toBe(1)
    store.isUp = true
    await retry()
    expect(clock.pending).toBe(0)
  })

  test('R44 tries once more as it closes, and leaves no timer that would keep its process', async () => {
    const { store, clock, retrying } = createStore()
    store.isUp = false
    for (const settlement of settlements(2)) await retrying.settle(settlement)
    store.tries = 0
    await retrying.close()
    expect({ tries: store.tries, pending: clock.pending }).toEqual({ tries: 1, pending: 0 })
    store.isUp = true
    await retrying.close()
    expect(store.booked).toEqual(['gen_0', 'gen_1'])
  })

  test('R44 admits nothing new while too many wait, and again once they are booked', async () => {
    const { store, retrying, runTimers: retry } = createStore()
    store.isUp = false
    for (const settlement of settlements(maxWaiting)) await retrying.settle(settlement)
    store.isUp = true
    await expect(retrying.admit(testRequest('key_a'))).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(store.admitted).toBe(0)
    await retry()
    expect(await retrying.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
  })

  test('R44 still takes settlements beyond that number: their calls were let in before', async () => {
    const { store, clock, retrying } = createStore()
    store.isUp = false
    for (const settlement of settlements(maxWaiting + 5)) await retrying.settle(settlement)
    store.isUp = true
    await runTimers(clock, maxWaiting + 5)
    expect(store.booked).toHaveLength(maxWaiting + 5)
  })

  test('R44 R43 loses nothing and books nothing twice, however the store comes and goes', async () => {
    const steps = fc.array(fc.constantFrom('up' as const, 'down', 'settle', 'settle', 'settle', 'retry'), {
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const { store, clock, retrying } = createStore()
        const told: string[] = []
        const settle = async () => {
          told.push(`gen_${told.length}`)
          await retrying.settle(testSettlement(told.at(-1) ?? ''))
        }
        const actions = {
          up: () => store.turn(true),
          down: () => store.turn(false),
          settle,
          retry: () => runTimers(clock, told.length),
        }
        for (const step of history) await actions[step]()
        store.isUp = true
        await runTimers(clock, told.length)
        expect(store.booked.toSorted()).toEqual(told.toSorted())
      }),
    )
  })

  test('R67 books what waits when the process ends, once, and gives up where that still cannot be', async () => {
    const { store, retrying, runTimers: retry } = createStore()
    store.isUp = false
    for (const settlement of settlements(3)) await retrying.settle(settlement)
    await retrying.close()
    expect(store.booked).toEqual([])
    store.isUp = true
    await Promise.all([retry(), retrying.close()])
    expect(store.booked).toEqual(['gen_0', 'gen_1', 'gen_2'])
  })

  test('R44 lets no settlement that can never be booked hold up those behind it, and tells of it', async () => {
    const { store, clock, retrying: inner } = createStore()
    let isBroken = false
    const settle: Ledger['settle'] = (settlement) => {
      if (!store.isUp) return Promise.reject(storeUnavailable(new Error('made to fail')))
      return isBroken && settlement.id === 'gen_0'
        ? Promise.reject(new TypeError('a defect'))
        : inner.settle(settlement)
    }
    const lost: unknown[] = []
    const onLost = ({ id }: Settlement, error: unknown) => lost.push([id, error])
    const retrying = createRetryingLedger({ ...inner, settle }, { clock, maxWaiting, retryMs: 500, onLost })
    store.isUp = false
    for (const settlement of settlements(3)) await retrying.settle(settlement)
    store.isUp = true
    isBroken = true
    await runTimers(clock, maxWaiting)
    expect(store.booked).toEqual(['gen_1', 'gen_2'])
    expect(lost).toEqual([['gen_0', new TypeError('a defect')]])
  })

  test('says that a balance cannot be read, and passes on what is no failure of the store', async () => {
    const { store, retrying } = createStore()
    store.isUp = false
    await expect(retrying.balance('key_a', now)).rejects.toMatchObject({ code: 'store_unavailable' })
    const broken = createRetryingLedger(
      { ...retrying, settle: () => Promise.reject(new TypeError('a defect')) },
      { clock: createManualClock(), maxWaiting, retryMs: 500, onLost: lostNothing },
    )
    await expect(broken.settle(testSettlement('gen_1'))).rejects.toThrow('a defect')
  })
})
