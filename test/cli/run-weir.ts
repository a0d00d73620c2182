import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { compileCache } from '../faults/start-weir-process.ts'

/** Exit code and output of a command. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandSurroundings {
  /** Working folder; the command reads no other files. */
  readonly folder: string
  /** The complete environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Content of stdin; empty if left out. */
  readonly input?: string
  /** Closes stdout before the command writes to it. */
  readonly isStdoutClosed?: boolean
}

const commandLine = fileURLToPath(new URL('../../src/platform/node/cli.ts', import.meta.url))

/** Runs `weir …` in a separate process, as a user at a prompt does. */
export async function runWeir(
  args: readonly string[],
  { folder, env = {}, input = '', isStdoutClosed = false }: CommandSurroundings,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [commandLine, ...args], { cwd: folder, env: { ...env, ...compileCache } })
  // Ignores the error if the command exits without reading stdin.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  if (isStdoutClosed) child.stdout.destroy()
  const [code, stdout, stderr] = await Promise.all([
    new Promise<number | null>((resolve) => {
      child.once('close', resolve)
    }),
    isStdoutClosed ? '' : text(child.stdout),
    text(child.stderr),
  ])
  return { code, stdout, stderr }
}

/** Runs `weir …` and fails the test unless it exits with 0. */
export async function mustRun(args: readonly string[], surroundings: CommandSurroundings): Promise<CommandResult> {
  const result = await runWeir(args, surroundings)
  expect(result.code, `weir ${args.join(' ')}: ${result.stderr}`).toBe(0)
  return result
}
