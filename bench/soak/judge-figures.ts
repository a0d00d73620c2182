import { median } from '../report/median.ts'
import type { SoakSample } from './soak-sample.ts'

/** A figure early and late in a soak: the medians of its second and its last fifth. The first fifth is warm-up. */
export interface Judgement {
  readonly title: string
  readonly unit: string
  readonly early: number
  readonly late: number
  /** The limit for `late`. */
  readonly bound: number
  readonly verdict: 'flat' | 'grows' | 'falls' | 'not measured'
}

interface Figure {
  readonly title: string
  readonly unit: string
  readonly read: (sample: SoakSample, before: SoakSample) => number
  /** The tolerance: a share of the early value, plus an absolute amount. */
  readonly share: number
  readonly slack: number
  /** True if a decrease of this figure is the failure. */
  readonly mustNotFall?: boolean
}

const figures: readonly Figure[] = [
  { title: 'resident memory', unit: 'MiB', read: ({ residentMiB }) => residentMiB, share: 0.15, slack: 15 },
  { title: 'heap after a full collection', unit: 'MiB', read: ({ heapMiB }) => heapMiB, share: 0.15, slack: 4 },
  { title: 'memory outside of the heap', unit: 'MiB', read: ({ externalMiB }) => externalMiB, share: 0.25, slack: 15 },
  { title: 'open file descriptors', unit: '', read: ({ files }) => files, share: 0.15, slack: 8 },
  { title: 'event loop, p99', unit: 'ms', read: ({ loopP99Ms }) => loopP99Ms, share: 0.5, slack: 5 },
  { title: 'log of the database (WAL)', unit: 'MiB', read: ({ walMiB }) => walMiB, share: 0.5, slack: 8 },
  { title: 'open reservations', unit: '', read: ({ openCalls }) => openCalls, share: 0.5, slack: 10 },
  { title: 'calls per second', unit: '', read: callsPerSecond, share: 0.25, slack: 0, mustNotFall: true },
]

/** Compares the second fifth of a soak with its last. */
export function judgeFigures(samples: readonly SoakSample[]): readonly Judgement[] {
  const early = fifth(samples, 1)
  const late = fifth(samples, 4)
  return figures.map(({ title, unit, read, share, slack, mustNotFall = false }) => {
    const medianOf = (part: readonly SoakSample[]) =>
      median(
        part
          .slice(1)
          .flatMap((sample, index) => read(sample, part[index] ?? sample))
          .filter(Number.isFinite),
      )
    const [before, after] = [medianOf(early), medianOf(late)]
    const tolerance = before * share + slack
    const bound = mustNotFall ? before - tolerance : before + tolerance
    return { title, unit, early: before, late: after, bound, verdict: judge(after, bound, mustNotFall) }
  })
}

function judge(value: number, bound: number, mustNotFall: boolean): Judgement['verdict'] {
  if (!Number.isFinite(value) || !Number.isFinite(bound)) return 'not measured'
  if (mustNotFall) return value >= bound ? 'flat' : 'falls'
  return value <= bound ? 'flat' : 'grows'
}

function fifth(samples: readonly SoakSample[], number: number): readonly SoakSample[] {
  return samples.slice(Math.floor((samples.length * number) / 5), Math.floor((samples.length * (number + 1)) / 5))
}

function callsPerSecond(sample: SoakSample, before: SoakSample): number {
  return (sample.calls - before.calls) / ((sample.minutes - before.minutes) * 60)
}
