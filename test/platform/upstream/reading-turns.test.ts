import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { ReadingTurns } from '../../../src/platform/node/upstream/reading-turns.ts'

afterEach(() => {
  vi.useRealTimers()
})

const chunkBytes = 65_536

/** A body of so many chunks, each of which asks for its turn. */
function startBody(turns: ReadingTurns, chunks: number) {
  let passed = 0
  const body = {
    resume() {
      while (passed < chunks) {
        if (!turns.take(chunkBytes)) return turns.resumeLater(body)
        passed += 1
      }
    },
    passed: () => passed,
  }
  body.resume()
  return body
}

test('case D5: four hundred bodies that come at once are read a few in a turn, and all to their ends', async () => {
  const turns = new ReadingTurns()
  const bodies = Array.from({ length: 400 }, () => startBody(turns, 2))
  const passed = () => bodies.reduce((sum, body) => sum + body.passed(), 0)
  let before = 0
  for (let turn = 0; passed() < 800; turn++) {
    expect(passed() - before).toBeGreaterThan(0)
    expect(passed() - before).toBeLessThanOrEqual(8)
    expect(turn).toBeLessThan(800)
    before = passed()
    await nextTurn()
  }
  // The first to wait is the first to go on.
  expect(bodies.every((body) => body.passed() === 2)).toBe(true)
})

test('case D5: a body that waits takes its turn before those that come later', async () => {
  const turns = new ReadingTurns()
  const first = startBody(turns, 16)
  const second = startBody(turns, 1)
  expect([first.passed(), second.passed()]).toEqual([4, 0])
  await nextTurn()
  expect(first.passed() + second.passed()).toBeGreaterThan(4)
  const late = startBody(turns, 1)
  for (let turn = 0; turn < 8; turn++) await nextTurn()
  expect([first.passed(), second.passed(), late.passed()]).toEqual([16, 1, 1])
})

test('case D5: where memory is tight turns are further apart, and the bodies still come to their ends', () => {
  vi.useFakeTimers()
  let heldBytes = 128 * 1_048_576
  const turns = new ReadingTurns(() => heldBytes)
  const body = startBody(turns, 12)
  vi.advanceTimersByTime(4)
  expect(body.passed()).toBe(4)
  vi.advanceTimersByTime(1)
  expect(body.passed()).toBe(8)
  heldBytes = 0
  vi.advanceTimersByTime(5)
  expect(body.passed()).toBe(12)
})
