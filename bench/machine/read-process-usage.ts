import { readFileSync } from 'node:fs'

/** The resources used by all threads of a process. */
export interface ProcessUsage {
  readonly cpuMs: number
  readonly residentMiB: number
}

/** `sysconf(_SC_CLK_TCK)`, 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** Reads `/proc`. Returns undefined on systems without it. */
export function readProcessUsage(pid: number): ProcessUsage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 2 is the name in parentheses, which may contain spaces; 14 and 15 are user and system time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return { cpuMs: (ticks * 1_000) / ticksPerSecond, residentMiB: Number(resident?.[1] ?? Number.NaN) / 1_024 }
  } catch {
    return undefined
  }
}
