import { readFileSync } from 'node:fs'

/** A core's times since the machine started, in the kernel's ticks. */
export interface CoreTimes {
  readonly busy: number
  readonly all: number
}

/** Reads `/proc`. Returns undefined on systems without it. */
export function readCoreTimes(core: number): CoreTimes | undefined {
  try {
    const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))
    if (line?.[1] === undefined) return undefined
    // user nice system idle iowait irq softirq steal; guest time is part of user.
    const ticks = line[1].split(' ').slice(0, 8).map(Number)
    const all = ticks.reduce((sum, value) => sum + value, 0)
    return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all }
  } catch {
    return undefined
  }
}

/** Returns the busy share between two readings, from 0 to 1. */
export function busyShare(before: CoreTimes | undefined, after: CoreTimes | undefined): number | undefined {
  if (before === undefined || after === undefined || after.all === before.all) return undefined
  return (after.busy - before.busy) / (after.all - before.all)
}
