import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { afterEach, describe, expect, it } from 'vitest'
import { pauseMs, refreshMs, shareBreakers } from '../../src/platform/cloudflare/share-breakers.ts'
import type { NamedBreaker } from '../../src/routing/breaker-board.ts'
import { type BreakerState, HealthBook } from '../../src/routing/health.ts'
import { describeBreakerChannel, type SharingProcess } from '../routing/contract/breaker-channel.ts'
import { applyStep, type HealthStep, other, readAccepts, target } from '../routing/contract/health-steps.ts'
import { bindings } from './storage/bindings.ts'
import { countRows } from './storage/count-rows.ts'

/** A busy machine takes longer than the second that a poll has by default. */
const patience = { timeout: 10_000 }

let rounds = 0

/** Opens an object of its own. While `fails`, no isolate reaches it; while `isSlow`, answers wait until `answerAll`. */
function openObject() {
  const name = `breakers:${++rounds}`
  const state = { fails: false, isSlow: false }
  const requests: (readonly NamedBreaker[])[] = []
  const waiting: PromiseWithResolvers<void>[] = []
  const stub = () => bindings.LEDGER.getByName(name)
  return {
    state,
    requests,
    waiting,
    stub,
    answerAll: () => {
      for (const each of waiting.splice(0)) each.resolve()
    },
    async exchange(changed: readonly NamedBreaker[]) {
      requests.push(changed)
      if (state.fails) throw new Error('The object is gone')
      const answer = await stub().exchangeBreakers(changed)
      if (state.isSlow) {
        const slow = Promise.withResolvers<void>()
        waiting.push(slow)
        await slow.promise
      }
      return answer
    },
  }
}

/** Starts an isolate whose clock a test sets. */
function startIsolate({ exchange }: Pick<ReturnType<typeof openObject>, 'exchange'>) {
  const book = new HealthBook()
  const clock = { now: Date.now() - 120_000 }
  const failures: unknown[] = []
  let work: Promise<void> = Promise.resolve()
  shareBreakers(book, {
    exchange,
    now: () => clock.now,
    defer: (more) => {
      work = Promise.all([work, more]).then(() => {})
    },
    onFailure: (error) => failures.push(error),
  })
  /** Resolves once nothing runs in the background. */
  const settle = async () => {
    for (let seen: unknown; seen !== work; ) {
      seen = work
      await seen
    }
  }
  const attempt = (healthy = other) => {
    const health = book.of(healthy)
    health.begin(clock.now, true)
    health.end(clock.now, true, undefined)
  }
  return { book, clock, failures, settle, attempt }
}

describeBreakerChannel('a Durable Object', async () => {
  const object = openObject()
  return {
    async start(): Promise<SharingProcess> {
      const { book, clock, settle, attempt } = startIsolate(object)
      return {
        async apply(step: HealthStep) {
          if ('now' in step) clock.now = Math.max(clock.now, step.now)
          applyStep(book, step)
          await settle()
        },
        async accepts(now) {
          clock.now = Math.max(clock.now + refreshMs, now)
          attempt()
          await settle()
          return readAccepts(book, now)
        },
      }
    },
    close: async () => {},
  }
})

describe('an isolate that shares its breakers', () => {
  const objects: ReturnType<typeof openObject>[] = []
  afterEach(() => {
    for (const { answerAll } of objects.splice(0)) answerAll()
  })
  function open() {
    const object = openObject()
    objects.push(object)
    return { object, first: startIsolate(object), second: startIsolate(object) }
  }

  it('asks every 5 seconds while it has attempts by routes, and never without', async () => {
    const { object, first } = open()
    for (let second = 0; second < 60; second++) {
      for (let call = 0; call < 20; call++) first.attempt()
      await first.settle()
      first.clock.now += 1_000
    }
    expect(object.requests).toHaveLength(12)
    first.clock.now += 3_600_000
    await first.settle()
    expect(object.requests).toHaveLength(12)
  })

  it('sends an opening, a probe and its end with a request each, whatever number of breakers changes', async () => {
    const { object, first } = open()
    applyStep(first.book, { kind: 'fail', failure: 'auth', now: first.clock.now })
    await first.settle()
    first.book.of(target).fail('rate_limit', 60_000, first.clock.now, 1)
    await first.settle()
    expect(object.requests.map((changed) => changed.map(([id]) => id))).toEqual([['ill/'], ['ill/m']])
    first.clock.now += 60_000
    first.attempt(target)
    await first.settle()
    applyStep(first.book, { kind: 'succeed', begunAt: first.clock.now })
    await first.settle()
    expect(object.requests.slice(2).map((changed) => changed.map(([id]) => id))).toEqual([
      ['ill/', 'ill/m'],
      ['ill/', 'ill/m'],
    ])
  })

  it('sends no more than one request a second for long if a target flaps', async () => {
    const { object, first } = open()
    for (let second = 0; second < 60; second++) {
      for (let time = 0; time < 4; time++) {
        first.book.of(target).fail('rate_limit', 200, first.clock.now, 1)
        await first.settle()
        first.clock.now += 250
        first.attempt(target)
        await first.settle()
        first.book.of(target).succeed(first.clock.now)
        await first.settle()
      }
    }
    expect(object.requests.length).toBeLessThanOrEqual(70)
    // The changes in between are not lost: the last state of each breaker follows.
    first.clock.now += 2_000
    first.attempt()
    await first.settle()
    expect(object.requests.at(-1)).toMatchObject([['ill/m', { openUntil: 0 }]])
  })

  it('R63 keeps its own breakers while the object fails, and sends them later', async () => {
    const { object, first, second } = open()
    object.state.fails = true
    applyStep(first.book, { kind: 'fail', failure: 'auth', now: first.clock.now })
    await first.settle()
    expect(readAccepts(first.book, first.clock.now + 1)).toEqual([false, false])
    expect(first.failures).toEqual([new Error('The object is gone')])
    for (let calls = 0; calls < 100; calls++) first.attempt()
    await first.settle()
    expect(object.requests).toHaveLength(1)
    object.state.fails = false
    first.clock.now += pauseMs
    first.attempt()
    await first.settle()
    second.attempt()
    await second.settle()
    expect(readAccepts(second.book, first.clock.now - 1)).toEqual([false, false])
  })

  it('keeps a change that is newer than the answer to an earlier request', async () => {
    const { object, first, second } = open()
    applyStep(second.book, { kind: 'fail', failure: 'auth', now: first.clock.now })
    await second.settle()
    first.attempt()
    await first.settle()
    first.clock.now += 30_000
    object.state.isSlow = true
    first.attempt()
    // The answer has the opening, and no probe.
    await expect.poll(() => object.waiting.length, patience).toBe(1)
    first.attempt(target)
    object.answerAll()
    // The probe follows with the next request.
    await expect.poll(() => object.requests.length, patience).toBe(4)
    expect(readAccepts(first.book, first.clock.now + 1)).toEqual([false, false])
    await expect.poll(() => object.waiting.length, patience).toBe(1)
    object.answerAll()
    await first.settle()
    expect(readAccepts(first.book, first.clock.now + 1)).toEqual([false, false])
  })

  it('sends its changes again if workerd has dropped a request', async () => {
    const requests: unknown[] = []
    const exchange = (changed: readonly NamedBreaker[]) => {
      requests.push(changed)
      return requests.length === 1
        ? new Promise<never>(() => {})
        : bindings.LEDGER.getByName('x').exchangeBreakers(changed)
    }
    const isolate = startIsolate({ exchange })
    applyStep(isolate.book, { kind: 'fail', failure: 'auth', now: isolate.clock.now })
    for (let second = 0; second < 10; second++) {
      isolate.attempt()
      await Promise.resolve()
      isolate.clock.now += 1_000
    }
    expect(requests).toHaveLength(1)
    isolate.attempt()
    await Promise.resolve()
    expect(requests).toMatchObject([[['ill/', {}]], [['ill/', {}]]])
  })

  it('keeps what it has heard from an object that is evicted', async () => {
    const { object, first, second } = open()
    applyStep(first.book, { kind: 'fail', failure: 'auth', now: first.clock.now, retryAfterMs: 100_000 })
    await first.settle()
    second.attempt()
    await second.settle()
    await evictDurableObject(object.stub())
    second.clock.now += refreshMs
    second.attempt()
    await second.settle()
    expect(object.requests).toHaveLength(3)
    expect(readAccepts(second.book, second.clock.now + 1)).toEqual([false, false])
  })
})

describe('the object of breakers', () => {
  const now = Date.now()
  const state: BreakerState = { since: now, openUntil: now + 30_000, openMs: 30_000, probingUntil: 0 }

  it('ignores what is no breaker, and times that a wrong clock has set', async () => {
    const object = openObject().stub()
    const wrong: unknown[] = [
      undefined,
      'ill/m',
      { 'ill/m': state },
      [['ill/m']],
      [['', undefined]],
      [[1, state]],
      [['x'.repeat(501), state]],
      ...['since', 'openUntil', 'openMs', 'probingUntil'].flatMap((name) =>
        [undefined, null, '1', Number.NaN, Number.POSITIVE_INFINITY, -1].map((value) => [
          ['ill/m', { ...state, [name]: value }],
        ]),
      ),
      [['ill/m', { ...state, since: now + 60_000 }]],
      [['ill/m', { ...state, openUntil: now + 90_000_000 }]],
      [['ill/m', { since: 1, openUntil: 2, openMs: 1, probingUntil: 0 }]],
    ]
    for (const message of wrong) expect(await object.exchangeBreakers(message)).toEqual([])
    expect(await object.exchangeBreakers([...wrong, ['ill/m', { ...state, secret: 'x' }]])).toEqual([['ill/m', state]])
  })

  it('holds at most 1,000 breakers, the latest ones', async () => {
    const object = openObject().stub()
    const named = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, number) => [`${prefix}/${number}`, state] as const)
    await object.exchangeBreakers(named(600, 'old'))
    const breakers = await object.exchangeBreakers(named(1_200, 'new'))
    expect(breakers).toHaveLength(1_000)
    expect(breakers.at(0)?.[0]).toBe('new/0')
    expect(await object.exchangeBreakers([])).toHaveLength(1_000)
  })

  it('writes nothing, and sets no alarm', async () => {
    const object = openObject().stub()
    const rows = await runInDurableObject(object, (_, { storage }) => countRows(storage))
    try {
      await object.exchangeBreakers([['ill/m', state]])
      await object.exchangeBreakers([])
      expect(rows.read()).toEqual({})
    } finally {
      rows.stop()
    }
    expect(await runInDurableObject(object, (_, { storage }) => storage.getAlarm())).toBeNull()
  })
})
