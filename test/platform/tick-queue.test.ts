import { setImmediate as nextMacrotask } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTickQueue, waitForTick } from '../../src/platform/node/server/tick-queue.ts'
import { maxPerTick } from '../support/most-in-turn.ts'

test('case D5: runs a few tasks at once, and spreads many over several ticks, in order', async () => {
  const queueTask = createTickQueue(16)
  const done: number[] = []
  for (let at = 0; at < 40; at++) queueTask(() => void done.push(at))
  expect(done.length).toBe(16)
  await nextMacrotask()
  queueTask(() => void done.push(40))
  expect(done.length).toBeLessThanOrEqual(33)
  for (let tick = 0; tick < 4; tick++) await nextMacrotask()
  expect(done).toEqual(Array.from({ length: 41 }, (_, at) => at))
  queueTask(() => void done.push(41))
  expect(done.at(-1)).toBe(41)
})

test('case D2: starts the first request at once, and the others one per tick, in order', async () => {
  const done: number[] = []
  expect(waitForTick()).toBe(undefined)
  const tasks = Array.from({ length: 5 }, async (_, at) => {
    await waitForTick()
    done.push(at)
  })
  expect(await maxPerTick(done, Promise.all(tasks))).toBe(1)
  expect(done).toEqual([0, 1, 2, 3, 4])
  await nextMacrotask()
  expect(waitForTick()).toBe(undefined)
})
