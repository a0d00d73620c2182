import type { MemoryUse } from '../extras/measure-memory.ts'
import type { StartUp } from '../extras/measure-start-up.ts'
import type { WorkerSize } from '../extras/measure-worker.ts'
import type { Machine } from '../machine/describe-machine.ts'
import type { Tools } from '../machine/find-tools.ts'
import type { ScenarioResults } from './results.ts'

/** All that a run found out. */
export interface Report {
  readonly command: string
  readonly date: string
  readonly rounds: number
  readonly machine: Machine
  /** Of everything that took part. */
  readonly versions: Readonly<Record<string, string>>
  readonly tools: Tools
  readonly results: readonly ScenarioResults[]
  readonly memory: readonly MemoryUse[] | undefined
  readonly startUps: readonly StartUp[] | undefined
  readonly worker: WorkerSize | undefined
}
