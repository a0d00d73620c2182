import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTurns, untilTurn } from '../../src/platform/node/server/take-turns.ts'
import { mostInTurn } from '../support/most-in-turn.ts'

test('case D5: much work of one turn is done in several, in order, and a little at once', async () => {
  const inTurn = createTurns(16)
  const done: number[] = []
  for (let at = 0; at < 40; at++) inTurn(() => void done.push(at))
  expect(done.length).toBe(16)
  await nextTurn()
  inTurn(() => void done.push(40))
  expect(done.length).toBeLessThanOrEqual(33)
  for (let turn = 0; turn < 4; turn++) await nextTurn()
  expect(done).toEqual(Array.from({ length: 41 }, (_, at) => at))
  inTurn(() => void done.push(41))
  expect(done.at(-1)).toBe(41)
})

test('case D2: long work of one turn is done one a turn, in order, and the first at once', async () => {
  const done: number[] = []
  expect(untilTurn()).toBe(undefined)
  const works = Array.from({ length: 5 }, async (_, at) => {
    await untilTurn()
    done.push(at)
  })
  expect(await mostInTurn(done, Promise.all(works))).toBe(1)
  expect(done).toEqual([0, 1, 2, 3, 4])
  await nextTurn()
  expect(untilTurn()).toBe(undefined)
})
