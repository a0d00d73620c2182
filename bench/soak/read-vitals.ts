import { readFileSync } from 'node:fs'

/** Figures that a server tells of itself. Undefined until they are known. */
export interface Vitals {
  /** In use after the last full collection. */
  readonly heapMiB: number | undefined
  /** How late the event loop was with its timers, in the worst hundredth of the last seconds. */
  readonly loopP99Ms: number | undefined
  readonly externalMiB: number
}

/** The last that a process has said; undefined where it has said nothing. */
export function readVitals(folder: string, pid: number): Vitals | undefined {
  try {
    return JSON.parse(readFileSync(`${folder}/${pid}.json`, 'utf8')) as Vitals
  } catch {
    return undefined
  }
}
