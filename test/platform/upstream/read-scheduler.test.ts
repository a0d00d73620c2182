import { setImmediate as nextMacrotask } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { ReadScheduler } from '../../../src/platform/node/upstream/read-scheduler.ts'

afterEach(() => {
  vi.useRealTimers()
})

const chunkBytes = 65_536

/** Starts `count` bodies of `chunks` chunks each; a chunk takes a millisecond. */
function startBodies(count: number, chunks: number, heldBytes = () => 0) {
  let now = 0
  const scheduler = new ReadScheduler(heldBytes, () => now)
  const startBody = (ownChunks: number) => {
    let passed = 0
    const body = {
      resume() {
        while (passed < ownChunks) {
          if (!scheduler.take(chunkBytes)) return scheduler.resumeLater(body)
          now += 1
          passed += 1
        }
      },
      fail() {},
      passed: () => passed,
    }
    body.resume()
    return body
  }
  const bodies = Array.from({ length: count }, () => startBody(chunks))
  return { bodies, startBody, passed: () => bodies.reduce((sum, body) => sum + body.passed(), 0) }
}

test('case D5: four hundred concurrent bodies are read for a few milliseconds per tick, and all to their ends', async () => {
  const { bodies, passed } = startBodies(400, 2)
  const counts: number[] = [passed()]
  while (passed() < 800) {
    const before = passed()
    await nextMacrotask()
    counts.push(passed() - before)
  }
  expect(Math.min(...counts)).toBeGreaterThan(0)
  expect(Math.max(...counts)).toBeLessThanOrEqual(30)
  expect(bodies.every((body) => body.passed() === 2)).toBe(true)
})

test('case D5: a waiting body resumes before later ones', async () => {
  const { bodies, startBody } = startBodies(2, 40)
  const passed = () => bodies.map((body) => body.passed())
  expect(passed()[1]).toBe(0)
  const late = startBody(1)
  expect(late.passed()).toBe(0)
  await nextMacrotask()
  expect(late.passed()).toBe(0)
  for (let tick = 0; tick < 8; tick++) await nextMacrotask()
  expect([...passed(), late.passed()]).toEqual([40, 40, 1])
})

test('case D5: an error while a body resumes ends only that body', async () => {
  const errors: unknown[] = []
  const scheduler = new ReadScheduler(
    () => 0,
    () => 0,
  )
  scheduler.resumeLater({
    resume() {
      throw new Error('no room')
    },
    fail: (error) => void errors.push(error),
  })
  const other = { resume: () => void errors.push('resumed'), fail() {} }
  scheduler.resumeLater(other)
  for (let chunk = 0; chunk < 8; chunk++) scheduler.take(chunkBytes)
  await nextMacrotask()
  await nextMacrotask()
  expect(errors).toEqual([new Error('no room'), 'resumed'])
})

test('case D5: bodies that take no time are not postponed, even if they are long', () => {
  const scheduler = new ReadScheduler(
    () => 0,
    () => 0,
  )
  for (let chunk = 0; chunk < 1_000; chunk++) expect(scheduler.take(chunkBytes)).toBe(true)
})

test('case D5: if memory is tight, the ticks of a crowd are further apart, and all bodies still reach their ends', () => {
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
