import { expect, test } from 'vitest'
import { createProvider } from '../../../src/providers/provider-kinds.ts'
import { type BreakerState, HealthBook } from '../../../src/routing/health.ts'
import { providersOf } from '../../config/parse.ts'

const [provider = expect.unreachable()] = providersOf({
  config: { providers: { p: { kind: 'custom', base_url: 'https://x.example/v1' } } },
}).map(createProvider)
const target = { provider, model: 'm' }
const sibling = { provider, model: 'n' }

test('R63 a breaker opens after three failures in a row, and lets one probe pass after its time', () => {
  const book = new HealthBook()
  const health = book.of(target)
  for (const now of [1, 2]) book.of(target).fail('overload', undefined, now, 0.5)
  expect(health.accepts(3)).toBe(true)
  book.of(target).fail('overload', undefined, 3, 0.5)
  expect(health.accepts(4)).toBe(false)
  expect(book.of(sibling).accepts(4)).toBe(true)
  // At most 5 s.
  expect(health.accepts(5_003)).toBe(true)
  health.begin(5_003, true)
  expect(health.accepts(5_004)).toBe(false)
  book.of(target).fail('overload', undefined, 5_010, 0.5)
  expect(health.accepts(7_510)).toBe(false)
  health.begin(15_010, true)
  book.of(target).succeed(15_010)
  expect(health.accepts(15_011)).toBe(true)
})

test('a success between failures starts the count again', () => {
  const book = new HealthBook()
  for (let round = 0; round < 10; round++) {
    book.of(target).fail('overload', undefined, round, 0.5)
    book.of(target).fail('timeout', undefined, round, 0.5)
    book.of(target).succeed(round)
  }
  expect(book.of(target).accepts(100)).toBe(true)
})

test.each(['quota', 'auth', 'region'] as const)(
  'a failure of kind %s concerns all models of the account at once',
  (kind) => {
    const book = new HealthBook()
    book.of(target).fail(kind, undefined, 0, 0.5)
    expect([book.of(target).accepts(1), book.of(sibling).accepts(1)]).toEqual([false, false])
    expect(book.of(sibling).accepts(30_000)).toBe(true)
  },
)

test('a rate limit closes the model for as long as the provider says', () => {
  const book = new HealthBook()
  book.of(target).fail('rate_limit', 90_000, 0, 0.5)
  expect([book.of(target).accepts(89_999), book.of(target).accepts(90_000)]).toEqual([false, true])
  expect(book.of(sibling).accepts(1)).toBe(true)
})

test.each(['context_window', 'content_policy', 'bad_request', 'empty'] as const)(
  'a failure of kind %s says nothing about the target',
  (kind) => {
    const book = new HealthBook()
    for (let round = 0; round < 10; round++) book.of(target).fail(kind, undefined, round, 0.5)
    expect(book.of(target).accepts(11)).toBe(true)
  },
)

test('a probe whose caller leaves makes way for another', () => {
  const book = new HealthBook()
  book.of(target).fail('rate_limit', 1_000, 0, 0.5)
  const health = book.of(target)
  health.begin(1_000, true)
  expect(health.accepts(1_001)).toBe(false)
  book.of(target).release(1_000)
  expect(health.accepts(1_002)).toBe(true)
})

test('only the probe itself makes way for another', () => {
  const health = new HealthBook().of(target)
  health.fail('rate_limit', 1_000, 0, 0.5)
  // Sent to an ill target, because all others were ill too.
  health.begin(900, true)
  health.begin(1_000, true)
  health.release(900)
  health.fail('bad_request', undefined, 1_001, 0.5, 900)
  expect(health.accepts(1_002)).toBe(false)
  health.fail('bad_request', undefined, 1_003, 0.5, 1_000)
  expect(health.accepts(1_004)).toBe(true)
})

test('the other calls of a burst neither lengthen the time of an open breaker nor close it', () => {
  const book = new HealthBook()
  const health = book.of(target)
  for (const now of [10, 11, 12, 13, 14, 15, 16]) book.of(target).fail('overload', undefined, now, 1, 5)
  book.of(target).succeed(5)
  expect([health.accepts(5_011), health.accepts(5_012)]).toEqual([false, true])
  // Its time is over, but this call began before it opened.
  book.of(target).fail('overload', undefined, 6_000, 1, 5)
  expect(health.accepts(6_001)).toBe(true)
  book.of(target).fail('overload', undefined, 7_000, 1, 6_500)
  expect([health.accepts(16_999), health.accepts(17_000)]).toEqual([false, true])
})

test('a later Retry-After keeps a breaker open for longer', () => {
  const book = new HealthBook()
  book.of(target).fail('rate_limit', 1_000, 0, 0.5)
  book.of(target).fail('rate_limit', 9_000, 10, 0.5)
  expect([book.of(target).accepts(9_009), book.of(target).accepts(9_010)]).toEqual([false, true])
})

/** Returns two books that share their breakers, and the number of their messages. */
function openShared() {
  const [first, second] = [new HealthBook(), new HealthBook()]
  let messages = 0
  const publishTo = (book: HealthBook) => (id: string, state: BreakerState) => {
    messages += 1
    book.receive(id, state)
  }
  first.share({ publish: publishTo(second) })
  second.share({ publish: publishTo(first) })
  return { first, second, countMessages: () => messages }
}

test('R63 a breaker that opens in one process opens in all that share it, and closes there too', () => {
  const { first, second } = openShared()
  first.of(target).fail('auth', undefined, 0, 0.5)
  expect(second.of(target).accepts(1)).toBe(false)
  second.of(target).begin(30_000, true)
  second.of(target).succeed(30_000)
  expect(first.of(target).accepts(30_001)).toBe(true)
})

test('one process at a time probes a breaker that several share, and one failed probe opens it again', () => {
  const { first, second } = openShared()
  for (const now of [1, 2, 3]) first.of(target).fail('overload', undefined, now, 1)
  second.of(target).begin(5_003, true)
  expect(first.of(target).accepts(5_004)).toBe(false)
  second.of(target).fail('overload', undefined, 5_010, 1, 5_003)
  expect([first, second].map((book) => book.of(target).accepts(15_009))).toEqual([false, false])
  expect([first, second].map((book) => book.of(target).accepts(15_010))).toEqual([true, true])
})

test('processes exchange changes of breakers, not calls', () => {
  const { first, countMessages } = openShared()
  const health = first.of(target)
  for (let now = 1; now <= 1_000; now++) {
    health.begin(now, true)
    if (now % 3 === 0) first.of(target).succeed(now)
    else first.of(target).fail('overload', undefined, now, 1)
  }
  expect(countMessages()).toBe(0)
  for (let now = 1_001; now <= 2_000; now++) {
    health.begin(now, true)
    first.of(target).fail('rate_limit', 30_000, now, 1)
  }
  expect(countMessages()).toBe(1)
})

test('a successor shows the health of the retired model by which a route ranks it', () => {
  const book = new HealthBook()
  const successor = { ...target, model: 'new', replacement: { model: 'm', successor: 'new', steps: [] } }
  book.of(successor).fail('rate_limit', 1_000, 0, 0.5)
  expect(book.of(target).accepts(1)).toBe(false)
  expect(book.status(successor, 1).model.state).toBe('open')
})

test('its status shows breaker, time and calls in progress, and begins no probe', () => {
  const book = new HealthBook()
  const well = { state: 'closed', openUntil: undefined, failures: 0 }
  const unmeasured = { firstTokenMs: undefined, answerMs: undefined, tokensPerSecond: undefined }
  expect(book.status(target, 1)).toEqual({ account: well, model: well, ...unmeasured, callsInProgress: 0 })
  const health = book.of(target)
  for (const now of [1, 2]) health.begin(now, true)
  health.end(1_000, true, { firstOutputMs: 300, outputTokens: 50, durationMs: 500 })
  book.of(target).fail('rate_limit', 2_000, 1_000, 0.5)
  expect(book.status(target, 1_000)).toEqual({
    account: well,
    model: { state: 'open', openUntil: 3_000, failures: 1 },
    firstTokenMs: 300,
    answerMs: undefined,
    tokensPerSecond: 100,
    callsInProgress: 1,
  })
  for (let times = 0; times < 3; times++)
    expect(book.status(target, 3_000).model).toEqual({ state: 'half_open', openUntil: 3_000, failures: 1 })
  expect(health.accepts(3_000)).toBe(true)
})
