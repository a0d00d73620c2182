import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** The machine's optional tools. */
export interface Tools {
  readonly wrk: string | undefined
  readonly nginx: string | undefined
  /** The core of the gateways and the core of everything else; undefined if processes cannot be pinned. */
  readonly cores: { readonly gateway: number; readonly rest: number } | undefined
}

export function findTools(): Tools {
  const canPin = spawnSync('taskset', ['-c', '0,1', 'true']).status === 0 && availableParallelism() >= 2
  return {
    wrk: readVersion('wrk', /wrk (?:debian\/)?([\d.]+)/),
    nginx: readVersion('nginx', /nginx\/([\d.]+)/),
    cores: canPin ? { gateway: 0, rest: 1 } : undefined,
  }
}

function readVersion(command: string, pattern: RegExp): string | undefined {
  const { stdout, stderr, error } = spawnSync(command, ['-v'], { encoding: 'utf8' })
  return error === undefined ? (pattern.exec(stdout + stderr)?.[1] ?? 'unknown') : undefined
}
