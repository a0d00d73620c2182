import { spawnSync } from 'node:child_process'

/** Whether {@link fillDisk} can do anything. `prlimit` is of util-linux. */
export function canFillDisk(): boolean {
  return process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0
}

/** From now on the processes can write to no file, as on a full disk; what they start meanwhile neither. */
export function fillDisk(pids: readonly number[]): void {
  limitFiles(pids, '1')
}

export function freeDisk(pids: readonly number[]): void {
  limitFiles(pids, 'unlimited')
}

/** One that has ended meanwhile is left out. */
function limitFiles(pids: readonly number[], bytes: string): void {
  for (const pid of pids) spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])
}
