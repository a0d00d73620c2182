import { spawn } from 'node:child_process'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { runToExitCode } from '../../src/platform/node/commands/program.ts'
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

/**
 * Runs `weir …` in this process, with its own folder, environment and streams: a process takes half a second to start. Use
 * {@link runWeir} for what concerns the process itself: real pipes, and the way to the exit code.
 */
export async function runWeirHere(
  args: readonly string[],
  { folder, env = {}, input = '' }: Omit<CommandSurroundings, 'isStdoutClosed'>,
): Promise<CommandResult> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const output = Promise.all([text(stdout), text(stderr)])
  const own = process.cwd()
  const restore = replaceStreams({ stdin: Readable.from([input]), stdout, stderr })
  process.chdir(folder)
  let code: number
  try {
    code = await runToExitCode(args, { env })
  } finally {
    process.chdir(own)
    restore()
    stdout.end()
    stderr.end()
  }
  const [printed, messages] = await output
  return { code, stdout: printed, stderr: messages }
}

/** Replaces streams of this process, and returns a function that undoes it. */
function replaceStreams(streams: Readonly<Record<'stdin' | 'stdout' | 'stderr', unknown>>): () => void {
  const before = Object.keys(streams).map((name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const)
  for (const [name, value] of Object.entries(streams))
    Object.defineProperty(process, name, { value, configurable: true })
  return () => {
    for (const [name, descriptor] of before) if (descriptor) Object.defineProperty(process, name, descriptor)
  }
}

/** Runs `weir …` and fails the test unless it exits with 0. */
export async function mustRun(args: readonly string[], surroundings: CommandSurroundings): Promise<CommandResult> {
  return succeeded(args, await runWeir(args, surroundings))
}

/** The same in this process. */
export async function mustRunHere(args: readonly string[], surroundings: CommandSurroundings): Promise<CommandResult> {
  return succeeded(args, await runWeirHere(args, surroundings))
}

function succeeded(args: readonly string[], result: CommandResult): CommandResult {
  expect(result.code, `weir ${args.join(' ')}: ${result.stderr}`).toBe(0)
  return result
}
