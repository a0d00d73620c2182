import { readFileSync } from 'node:fs'

/** Figures that a server reports about itself; undefined until they are known. */
export interface Vitals {
  /** Heap in use after the last full garbage collection. */
  readonly heapMiB: number | undefined
  /** The event loop's delay of timers: 99th percentile of the last seconds. */
  readonly loopP99Ms: number | undefined
  readonly externalMiB: number
}

/** Reads the last report of a process; undefined without one. */
export function readVitals(folder: string, pid: number): Vitals | undefined {
  try {
    return JSON.parse(readFileSync(`${folder}/${pid}.json`, 'utf8')) as Vitals
  } catch {
    return undefined
  }
}
