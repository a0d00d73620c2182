import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTurns } from '../../src/platform/node/server/take-turns.ts'

test('case D5: much work of one turn is done in several, in order, and a little at once', async () => {
  const inTurn = createTurns()
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
