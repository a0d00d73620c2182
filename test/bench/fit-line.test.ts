import { expect, test } from 'vitest'
import { createRandom } from '../../bench/crash/create-random.ts'
import { fitLine, type Point } from '../../bench/soak/fit-line.ts'

test('finds the slope of a straight line, with no doubt left', () => {
  const line = fitLine(toPoints(100, (x) => 5 + 2 * x))
  expect(line?.slope).toBeCloseTo(2)
  expect(line?.least).toBeCloseTo(2)
  expect(line?.most).toBeCloseTo(2)
})

test('finds no slope in what never changes', () => {
  expect(fitLine(toPoints(100, () => 7))).toEqual({ slope: 0, least: 0, most: 0 })
})

test('leaves room for zero in noise, in at least 98 of 100 runs', () => {
  const risen = Array.from({ length: 400 }, (_, seed) => {
    const random = createRandom(seed)
    return fitLine(toPoints(200, () => random.integer(0, 1_000)))
  }).filter((line) => line === undefined || line.least > 0)
  expect(risen.length).toBeLessThan(8)
})

test('does not take a wandering that remembers itself for growth more often than one time in twenty', () => {
  const risen = Array.from({ length: 400 }, (_, seed) => {
    const random = createRandom(seed)
    let y = 0
    return fitLine(
      toPoints(200, () => {
        y = 0.9 * y + random.integer(-500, 500)
        return y
      }),
    )
  }).filter((line) => line === undefined || line.least > 0)
  expect(risen.length).toBeLessThan(20)
})

test('sees a rise that is small beside the noise', () => {
  const random = createRandom(1)
  const line = fitLine(toPoints(400, (x) => x * 20 + random.integer(-500, 500)))
  expect(line?.least).toBeGreaterThan(0)
})

test('says nothing about a handful of points, nor about what was never measured', () => {
  expect(fitLine(toPoints(8, (x) => x))).toBeUndefined()
  expect(fitLine(toPoints(100, () => Number.NaN))).toBeUndefined()
})

function toPoints(count: number, y: (x: number) => number): Point[] {
  return Array.from({ length: count }, (_, x) => ({ x, y: y(x) }))
}
