import type { Allocation } from '../baseline/measure-allocations.ts'
import type { MemoryUse } from '../extras/measure-memory.ts'
import type { StartUp } from '../extras/measure-start-up.ts'
import type { WorkerSize } from '../extras/measure-worker.ts'
import type { Machine } from '../machine/describe-machine.ts'
import type { Tools } from '../machine/find-tools.ts'
import type { ScenarioResults } from './results.ts'

/** The results of a run. */
export interface Report {
  readonly command: string
  readonly date: string
  readonly rounds: number
  readonly machine: Machine
  /** Versions of all programs in the run. */
  readonly versions: Readonly<Record<string, string>>
  readonly tools: Tools
  readonly results: readonly ScenarioResults[]
  readonly memory: readonly MemoryUse[] | undefined
  readonly startUps: readonly StartUp[] | undefined
  readonly worker: WorkerSize | undefined
  /** Undefined without `--against`. */
  readonly against: Comparison | undefined
}

/** The other commit of a run with `--against`, and the figures that only such a run measures. */
export interface Comparison {
  /** The revision from the command line, such as `main~3`. */
  readonly ref: string
  readonly commit: string
  readonly allocations: readonly Allocation[]
}
