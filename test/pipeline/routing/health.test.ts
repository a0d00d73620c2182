import { expect, test } from 'vitest'
import { createProvider } from '../../../src/providers/provider-kinds.ts'
import { HealthBook } from '../../../src/routing/health.ts'
import { providersOf } from '../../config/parse.ts'

const [provider = expect.unreachable()] = providersOf({
  config: { providers: { p: { kind: 'custom', base_url: 'https://x.example/v1' } } },
}).map(createProvider)
const target = { provider, model: 'm' }
const sibling = { provider, model: 'n' }

test('a breaker opens after three failures in a row, and lets one probe pass after its time', () => {
  const book = new HealthBook()
  const health = book.of(target)
  for (const now of [1, 2]) book.fail(target, 'overload', undefined, now, 0.5)
  expect(health.accepts(3)).toBe(true)
  book.fail(target, 'overload', undefined, 3, 0.5)
  expect(health.accepts(4)).toBe(false)
  expect(book.of(sibling).accepts(4)).toBe(true)
  // At most 5 s.
  expect(health.accepts(5_003)).toBe(true)
  health.begin(5_003)
  expect(health.accepts(5_004)).toBe(false)
  book.fail(target, 'overload', undefined, 5_010, 0.5)
  expect(health.accepts(7_510)).toBe(false)
  health.begin(15_010)
  book.succeed(target)
  expect(health.accepts(15_011)).toBe(true)
})

test('a success between failures starts the count again', () => {
  const book = new HealthBook()
  for (let round = 0; round < 10; round++) {
    book.fail(target, 'overload', undefined, round, 0.5)
    book.fail(target, 'timeout', undefined, round, 0.5)
    book.succeed(target)
  }
  expect(book.of(target).accepts(100)).toBe(true)
})

test.each(['quota', 'auth', 'region'] as const)(
  'a failure of kind %s concerns all models of the account at once',
  (kind) => {
    const book = new HealthBook()
    book.fail(target, kind, undefined, 0, 0.5)
    expect([book.of(target).accepts(1), book.of(sibling).accepts(1)]).toEqual([false, false])
    expect(book.of(sibling).accepts(30_000)).toBe(true)
  },
)

test('a rate limit closes the model for as long as the provider says', () => {
  const book = new HealthBook()
  book.fail(target, 'rate_limit', 90_000, 0, 0.5)
  expect([book.of(target).accepts(89_999), book.of(target).accepts(90_000)]).toEqual([false, true])
  expect(book.of(sibling).accepts(1)).toBe(true)
})

test.each(['context_window', 'content_policy', 'bad_request', 'empty'] as const)(
  'a failure of kind %s says nothing about the target',
  (kind) => {
    const book = new HealthBook()
    for (let round = 0; round < 10; round++) book.fail(target, kind, undefined, round, 0.5)
    expect(book.of(target).accepts(11)).toBe(true)
  },
)

test('a probe whose caller leaves makes way for another', () => {
  const book = new HealthBook()
  book.fail(target, 'model', 1_000, 0, 0.5)
  const health = book.of(target)
  health.begin(1_000)
  expect(health.accepts(1_001)).toBe(false)
  book.release(target)
  expect(health.accepts(1_002)).toBe(true)
})

test('a breaker that opens in one process opens in all that share it, and closes there too', () => {
  const books = [new HealthBook(), new HealthBook()]
  const [first = expect.unreachable(), second = expect.unreachable()] = books
  first.share({ publish: (id, state) => second.receive(id, state) })
  second.share({ publish: (id, state) => first.receive(id, state) })
  first.fail(target, 'auth', undefined, 0, 0.5)
  expect(second.of(target).accepts(1)).toBe(false)
  second.of(target).begin(30_000)
  second.succeed(target)
  expect(first.of(target).accepts(30_001)).toBe(true)
})

test('its status shows breaker, time and calls in progress, and begins no probe', () => {
  const book = new HealthBook()
  const well = { state: 'closed', openUntil: undefined, failures: 0 }
  expect(book.status(target, 1)).toEqual({ account: well, model: well, firstTokenMs: undefined, callsInProgress: 0 })
  const health = book.of(target)
  for (const now of [1, 2]) health.begin(now)
  health.end(1_000, 300)
  book.fail(target, 'rate_limit', 2_000, 1_000, 0.5)
  expect(book.status(target, 1_000)).toEqual({
    account: well,
    model: { state: 'open', openUntil: 3_000, failures: 1 },
    firstTokenMs: 300,
    callsInProgress: 1,
  })
  for (let times = 0; times < 3; times++)
    expect(book.status(target, 3_000).model).toEqual({ state: 'half_open', openUntil: 3_000, failures: 1 })
  expect(health.accepts(3_000)).toBe(true)
})
