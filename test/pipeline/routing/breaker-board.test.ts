import { expect, test } from 'vitest'
import { BreakerBoard } from '../../../src/routing/breaker-board.ts'
import type { BreakerState } from '../../../src/routing/health.ts'

const minute = 60_000
const open: BreakerState = { since: minute, openUntil: 2 * minute, openMs: minute, probingUntil: 0 }
const closed: BreakerState = { since: 3 * minute, openUntil: 0, openMs: 0, probingUntil: 0 }

test('a board drops a breaker ten minutes after it was open, half-open or closed, and takes none that is older', () => {
  const board = new BreakerBoard()
  board.merge(
    [
      ['ill/a', open],
      ['ill/b', closed],
    ],
    3 * minute,
  )
  expect(board.list(12 * minute).map(([id]) => id)).toEqual(['ill/a', 'ill/b'])
  expect(board.list(12 * minute + 1).map(([id]) => id)).toEqual(['ill/b'])
  expect(board.merge([['ill/a', open]], 12 * minute + 1)).toEqual([])
  expect(board.list(13 * minute + 1)).toEqual([])
})

test('a board returns only what changes it', () => {
  const board = new BreakerBoard()
  const probing = { ...open, probingUntil: 3 * minute }
  expect(board.merge([['ill/a', open]], 2 * minute)).toEqual([['ill/a', open]])
  expect(board.merge([['ill/a', probing]], 2 * minute)).toEqual([['ill/a', probing]])
  expect(board.merge([['ill/a', closed]], 3 * minute)).toEqual([['ill/a', closed]])
  expect(board.merge([['ill/a', probing]], 3 * minute)).toEqual([])
  expect(board.merge([['ill/a', closed]], 3 * minute)).toEqual([])
  expect(board.list(3 * minute)).toEqual([['ill/a', closed]])
})
