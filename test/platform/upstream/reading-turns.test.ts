import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { ReadingTurns } from '../../../src/platform/node/upstream/reading-turns.ts'

afterEach(() => {
  vi.useRealTimers()
})

const chunkBytes = 65_536

/** Bodies of so many chunks, each of which takes a millisecond. */
function startBodies(count: number, chunks: number, heldBytes = () => 0) {
  let now = 0
  const turns = new ReadingTurns(heldBytes, () => now)
  const startBody = (ownChunks: number) => {
    let passed = 0
    const body = {
      resume() {
        while (passed < ownChunks) {
          if (!turns.take(chunkBytes)) return turns.resumeLater(body)
          now += 1
          passed += 1
        }
      },
      breakOff() {},
      passed: () => passed,
    }
    body.resume()
    return body
  }
  const bodies = Array.from({ length: count }, () => startBody(chunks))
  return { bodies, startBody, passed: () => bodies.reduce((sum, body) => sum + body.passed(), 0) }
}

test('case D5: four hundred bodies that come at once are read some milliseconds in a turn, and all to their ends', async () => {
  const { bodies, passed } = startBodies(400, 2)
  const took: number[] = [passed()]
  while (passed() < 800) {
    const before = passed()
    await nextTurn()
    took.push(passed() - before)
  }
  expect(Math.min(...took)).toBeGreaterThan(0)
  expect(Math.max(...took)).toBeLessThanOrEqual(30)
  expect(bodies.every((body) => body.passed() === 2)).toBe(true)
})

test('case D5: a body that waits takes its turn before those that come later', async () => {
  const { bodies, startBody } = startBodies(2, 40)
  const passed = () => bodies.map((body) => body.passed())
  expect(passed()[1]).toBe(0)
  const late = startBody(1)
  expect(late.passed()).toBe(0)
  await nextTurn()
  expect(late.passed()).toBe(0)
  for (let turn = 0; turn < 8; turn++) await nextTurn()
  expect([...passed(), late.passed()]).toEqual([40, 40, 1])
})

test('case D5: a body that throws in its turn ends alone', async () => {
  const errors: unknown[] = []
  const turns = new ReadingTurns(
    () => 0,
    () => 0,
  )
  turns.resumeLater({
    resume() {
      throw new Error('no room')
    },
    breakOff: (error) => void errors.push(error),
  })
  const other = { resume: () => void errors.push('resumed'), breakOff() {} }
  turns.resumeLater(other)
  for (let chunk = 0; chunk < 8; chunk++) turns.take(chunkBytes)
  await nextTurn()
  await nextTurn()
  expect(errors).toEqual([new Error('no room'), 'resumed'])
})

test('case D5: bodies that take no time are not put off, however long they are', () => {
  const turns = new ReadingTurns(
    () => 0,
    () => 0,
  )
  for (let chunk = 0; chunk < 1_000; chunk++) expect(turns.take(chunkBytes)).toBe(true)
})

test('case D5: where memory is tight the turns of a crowd are further apart, and its bodies still come to their ends', () => {
  vi.useFakeTimers()
  let heldBytes = 128 * 1_048_576
  const { passed } = startBodies(100, 2, () => heldBytes)
  const first = passed()
  vi.advanceTimersByTime(1)
  const second = passed() - first
  expect(second).toBeLessThanOrEqual(5)
  vi.advanceTimersByTime(3)
  expect(passed()).toBe(first + second)
  vi.advanceTimersByTime(2)
  expect(passed()).toBeGreaterThan(first + second)
  heldBytes = 0
  vi.advanceTimersByTime(1_000)
  expect(passed()).toBe(200)
})
