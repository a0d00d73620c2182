import { setImmediate as nextMacrotask } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRetryingLedger } from '../../src/storage/ledger/create-retrying-ledger.ts'
import type { Ledger, Settlement } from '../../src/storage/ledger/ledger.ts'
import { storeUnavailable } from '../../src/storage/store-unavailable.ts'
import { now, testRequest, testSettlement } from './contract/ledger-fixtures.ts'
import { createManualClock } from './model/create-manual-clock.ts'

const maxWaiting = 3

/** Creates a store that a test can turn off, and that settles each id once. */
function createStore() {
  const settled: string[] = []
  const store = {
    ...{ isUp: true, tries: 0, settled, admitted: 0 },
    turn(isUp: boolean) {
      store.isUp = isUp
    },
  }
  const respond = <Value>(give: () => Value): Promise<Value> => {
    store.tries += 1
    return store.isUp ? Promise.resolve(give()) : Promise.reject(storeUnavailable(new Error('made to fail')))
  }
  const ledger: Ledger = {
    admit: () =>
      respond(() => {
        store.admitted += 1
        return { kind: 'admitted', rates: [], wouldRefuse: [] }
      }),
    settle: ({ id }) => respond(() => !settled.includes(id) && settled.push(id) > 0),
    balance: () => respond(() => undefined),
    limits: () => respond(() => []),
    correct: () => respond(() => undefined),
    reconcile: () => respond(() => []),
    eraseUser: () => respond(() => 0),
  }
  const clock = createManualClock()
  const retrying = createRetryingLedger(ledger, { clock, maxWaiting, retryMs: 500, onLost: lostNothing })
  return { store, clock, retrying, runTimers: () => runTimers(clock, maxWaiting) }
}

function lostNothing({ id }: Settlement): void {
  throw new Error(`${id} is lost`)
}

/** Runs the pending timers, and waits until all settlements can have passed. */
async function runTimers(clock: ReturnType<typeof createManualClock>, settlements: number): Promise<void> {
  clock.runTimers()
  for (let tick = 0; tick <= settlements; tick++) await nextMacrotask()
}

const settlements = (count: number): Settlement[] =>
  Array.from({ length: count }, (_, index) => testSettlement(`gen_${index}`))

describe('retrying ledger', () => {
  test('R44 queues failed settlements, and settles them in order once the store is back', async () => {
    const { store, retrying, runTimers: retry } = createStore()
    store.isUp = false
    for (const settlement of settlements(3)) expect(await retrying.settle(settlement)).toBe(true)
    await retry()
    expect(store.settled).toEqual([])
    store.isUp = true
    await retry()
    expect(store.settled).toEqual(['gen_0', 'gen_1', 'gen_2'])
  })

  test('R44 retries with one timer for any queue length, and with none once the queue is empty', async () => {
    const { store, clock, retrying, runTimers: retry } = createStore()
    store.isUp = false
    for (const settlement of settlements(3)) await retrying.settle(settlement)
    expect(clock.pending).toBe(1)
    store.tries = 0
    await retry()
    // The first failure is enough to stop the round.
    expect(store.tries).toBe(1)
    expect(clock.pending).toBe(1)
    store.isUp = true
    await retry()
    expect(clock.pending).toBe(0)
  })

  test('R44 tries once more on close, and leaves no timer that would keep the process alive', async () => {
    const { store, clock, retrying } = createStore()
    store.isUp = false
    for (const settlement of settlements(2)) await retrying.settle(settlement)
    store.tries = 0
    await retrying.close()
    expect({ tries: store.tries, pending: clock.pending }).toEqual({ tries: 1, pending: 0 })
    store.isUp = true
    await retrying.close()
    expect(store.settled).toEqual(['gen_0', 'gen_1'])
  })

  test('R44 admits nothing while the queue is full, and again once it is empty', async () => {
    const { store, retrying, runTimers: retry } = createStore()
    store.isUp = false
    for (const settlement of settlements(maxWaiting)) await retrying.settle(settlement)
    store.isUp = true
    await expect(retrying.admit(testRequest('key_a'))).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(store.admitted).toBe(0)
    await retry()
    expect(await retrying.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
  })

  test('R44 queues settlements beyond the maximum, because their calls were admitted before', async () => {
    const { store, clock, retrying } = createStore()
    store.isUp = false
    for (const settlement of settlements(maxWaiting + 5)) await retrying.settle(settlement)
    store.isUp = true
    await runTimers(clock, maxWaiting + 5)
    expect(store.settled).toHaveLength(maxWaiting + 5)
  })

  test('R44 R43 loses nothing and settles nothing twice, whenever the store fails', async () => {
    const steps = fc.array(fc.constantFrom('up' as const, 'down', 'settle', 'settle', 'settle', 'retry'), {
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const { store, clock, retrying } = createStore()
        const sent: string[] = []
        const settle = async () => {
          sent.push(`gen_${sent.length}`)
          await retrying.settle(testSettlement(sent.at(-1) ?? ''))
        }
        const actions = {
          up: () => store.turn(true),
          down: () => store.turn(false),
          settle,
          retry: () => runTimers(clock, sent.length),
        }
        for (const step of history) await actions[step]()
        store.isUp = true
        await runTimers(clock, sent.length)
        expect(store.settled.toSorted()).toEqual(sent.toSorted())
      }),
    )
  })

  test('R67 settles the queue once on close, and gives up if the store still fails', async () => {
    const { store, retrying, runTimers: retry } = createStore()
    store.isUp = false
    for (const settlement of settlements(3)) await retrying.settle(settlement)
    await retrying.close()
    expect(store.settled).toEqual([])
    store.isUp = true
    await Promise.all([retry(), retrying.close()])
    expect(store.settled).toEqual(['gen_0', 'gen_1', 'gen_2'])
  })

  test('R44 skips and reports a settlement that can never succeed', async () => {
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
    expect(store.settled).toEqual(['gen_1', 'gen_2'])
    expect(lost).toEqual([['gen_0', new TypeError('a defect')]])
  })

  test('rejects a balance while the store is down, and passes other errors on', async () => {
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
