import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npmCommand } from '../peers/install-peer.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Returns the full id of the commit `ref`. Throws a TypeError if it does not exist or the benchmark cannot start it.
 */
export function resolveCommit(ref: string): string {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' })
  const { status, stdout, error } = git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)
  if (error !== undefined) throw new TypeError('--against needs git, which is not available here.')
  if (status !== 0) throw new TypeError(`--against: this repository has no commit ${ref}.`)
  const commit = stdout.trim()
  for (const file of ['bench/gateways/start-weir.ts', 'scripts/build-server.mjs']) {
    if (git('cat-file', '-e', `${commit}:${file}`).status !== 0)
      throw new TypeError(`--against: ${ref} is too old for this benchmark; it lacks ${file}.`)
  }
  return commit
}

/**
 * Checks out a commit into `path` as a worktree of this repository, installs its packages and builds its server.
 * Synchronous: Ctrl-C takes effect between two steps, and never while one still writes.
 */
export function checkOutBaseline(commit: string, path: string, say: (line: string) => void): void {
  say(`checking out and building ${commit.slice(0, 7)}`)
  run('git', ['worktree', 'add', '--quiet', '--detach', path, commit], root)
  const lockOf = (folder: string) => readFileSync(join(folder, 'package-lock.json'), 'utf8')
  if (lockOf(path) === lockOf(root)) {
    symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'), 'junction')
  } else {
    say('its packages differ from those of this tree: installing them')
    const [command = 'npm', ...args] = npmCommand()
    run(command, [...args, 'ci', '--include=dev', '--no-audit', '--no-fund'], path)
  }
  run(process.execPath, [join(path, 'scripts/build-server.mjs')], path)
  // A server caches the page in memory, so both serve the same one.
  const page = join(root, 'dist/dashboard')
  if (existsSync(page)) cpSync(page, join(path, 'dist/dashboard'), { recursive: true })
}

/** Removes the worktree, if it was checked out. */
export function removeBaseline(path: string): void {
  if (existsSync(path)) spawnSync('git', ['worktree', 'remove', '--force', path], { cwd: root })
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')} failed:\n${error?.message ?? stdout + stderr}`)
}
