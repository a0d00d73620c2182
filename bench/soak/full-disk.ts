import { spawnSync } from 'node:child_process'

/** Returns true if {@link fillDisk} works here. `prlimit` is part of util-linux. */
export function canFillDisk(): boolean {
  return process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0
}

/** Makes all file writes of the processes, and of their new children, fail as on a full disk. */
export function fillDisk(pids: readonly number[]): void {
  limitFiles(pids, '1')
}

export function freeDisk(pids: readonly number[]): void {
  limitFiles(pids, 'unlimited')
}

/** Ignores processes that have exited. */
function limitFiles(pids: readonly number[], bytes: string): void {
  for (const pid of pids) spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])
}
