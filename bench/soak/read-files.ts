import { readdirSync, readlinkSync } from 'node:fs'

export interface OpenFiles {
  readonly files: number
  readonly sockets: number
}

/** Counts the open files of a process in `/proc`. Returns NaN without it. */
export function readFiles(pid: number): OpenFiles {
  try {
    const names = readdirSync(`/proc/${pid}/fd`)
    return { files: names.length, sockets: names.filter((name) => isSocket(pid, name)).length }
  } catch {
    return { files: Number.NaN, sockets: Number.NaN }
  }
}

function isSocket(pid: number, name: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith('socket:')
  } catch {
    return false
  }
}
