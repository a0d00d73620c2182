import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Exchange } from '../../../src/platform/node/upstream/exchange.ts'

test('case D5: of an answer that comes at once, so much passes in one turn, and all of it in the end', async () => {
  let isPaused = false
  const controller = {
    aborted: false,
    reason: null,
    rawHeaders: null,
    rawTrailers: null,
    get paused() {
      return isPaused
    },
    pause() {
      isPaused = true
    },
    resume() {
      isPaused = false
    },
    abort() {},
  }
  const request = {
    origin: 'http://x',
    method: 'GET',
    path: '/',
    headers: {},
    body: undefined,
    connectTimeoutMs: 1,
    signal: new AbortController().signal,
  }
  const exchange = new Exchange(
    request,
    () => {},
    () => {},
  )
  exchange.onRequestStart(controller)
  exchange.onResponseStart(controller, 200, {})
  let passed = 0
  exchange.start({
    write(chunk) {
      passed += chunk.length
      return true
    },
    end() {},
    fail() {},
  })
  const chunk = new Uint8Array(64 * 1_024)
  const turns: number[] = []
  while (passed < 2 * 1_048_576) {
    const before = passed
    while (!isPaused && passed < 2 * 1_048_576) exchange.onResponseData(controller, chunk)
    turns.push(passed - before)
    await nextTurn()
    expect(isPaused).toBe(false)
  }
  expect(Math.max(...turns)).toBeLessThanOrEqual(320 * 1_024)
})
