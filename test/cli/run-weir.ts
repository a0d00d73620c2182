import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { compileCache } from '../faults/start-weir-process.ts'

/** What a command has left behind. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandSurroundings {
  /** Where it runs: nothing but what is here is read. */
  readonly folder: string
  /** The whole environment. */
  readonly env?: Readonly<Record<string, string>>
  /** What is on stdin; otherwise nothing. */
  readonly input?: string
  /** Nobody reads what it prints. */
  readonly isUnread?: boolean
}

const commandLine = fileURLToPath(new URL('../../src/platform/node/cli.ts', import.meta.url))

/** Runs `weir …` in a process of its own, as somebody at a prompt does. */
export async function runWeir(
  args: readonly string[],
  { folder, env = {}, input = '', isUnread = false }: CommandSurroundings,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [commandLine, ...args], { cwd: folder, env: { ...env, ...compileCache } })
  // A command that ends without reading closes this.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  if (isUnread) child.stdout.destroy()
  const [code, stdout, stderr] = await Promise.all([
    new Promise<number | null>((resolve) => {
      child.once('close', resolve)
    }),
    isUnread ? '' : text(child.stdout),
    text(child.stderr),
  ])
  return { code, stdout, stderr }
}

/** The same, where it must do what it is asked. */
export async function mustRun(args: readonly string[], surroundings: CommandSurroundings): Promise<CommandResult> {
  const result = await runWeir(args, surroundings)
  expect(result.code, `weir ${args.join(' ')}: ${result.stderr}`).toBe(0)
  return result
}
