import { fitLine, type Line } from './fit-line.ts'
import type { SoakSample } from './soak-sample.ts'

/** What one figure did over the second half of a soak; the first half belongs to the compiler and the caches. */
export interface Slope {
  readonly title: string
  readonly unit: string
  readonly mean: number
  /** An hour; undefined where there were too few samples. */
  readonly line: Line | undefined
  /** `grows` where a slope of zero is out of the question. */
  readonly verdict: 'flat' | 'grows' | 'unknown'
}

type Figure = Exclude<keyof SoakSample, 'minutes'>

const figures: readonly (readonly [figure: Figure, title: string, unit: string])[] = [
  ['residentMiB', 'resident memory', 'MiB'],
  ['heapMiB', 'heap after a full collection', 'MiB'],
  ['externalMiB', 'memory outside of the heap', 'MiB'],
  ['resources', 'handles and requests of the event loop', ''],
  ['files', 'open files', ''],
  ['sockets', 'open sockets', ''],
  ['openCalls', 'calls in flight, by the ledger', ''],
]

export function judgeSlopes(samples: readonly SoakSample[]): readonly Slope[] {
  const half = samples.slice(Math.floor(samples.length / 2))
  return figures.map(([figure, title, unit]) => {
    const points = half.map((sample) => ({ x: sample.minutes / 60, y: sample[figure] }))
    const values = points.map(({ y }) => y).filter(Number.isFinite)
    const line = fitLine(points)
    return {
      ...{ title, unit, line },
      mean: values.reduce((sum, value) => sum + value, 0) / values.length,
      verdict: line === undefined ? 'unknown' : line.least > 0 ? 'grows' : 'flat',
    }
  })
}
