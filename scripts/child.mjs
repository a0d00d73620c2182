import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The folder of package.json, independent of the working directory. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url))

/** Runs a command. The returned number is the exit code; an error prints its message without a stack. */
export async function runCommand(body) {
  try {
    process.exitCode = await body()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

/**
 * Runs a program in the project's folder to its end and forwards signals to it. Resolves with its exit code.
 * - `quiet` returns its output instead of showing it.
 * - `hide` drops matching lines of its standard output.
 * - `onStart` receives its process id.
 */
export function runChild(command, args, { quiet = false, hide, env = process.env, onStart } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : ['inherit', hide ? 'pipe' : 'inherit', 'inherit']
    const child = spawn(command, args, { cwd: projectRoot, env, stdio })
    if (child.pid !== undefined) onStart?.(child.pid)
    const chunks = []
    if (hide) createInterface(child.stdout).on('line', (line) => hide.test(line) || console.log(line))
    else child.stdout?.on('data', (chunk) => chunks.push(chunk))
    child.stderr?.on('data', (chunk) => chunks.push(chunk))
    const stopForwarding = forwardSignals(child)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      stopForwarding()
      resolve({ code: code ?? 128 + constants.signals[signal], output: Buffer.concat(chunks).toString() })
    })
  })
}

function forwardSignals(child) {
  const forward = (signal) => {
    const isOnTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
    // Ctrl-C reaches the whole foreground group. If forwarded, the child receives it twice, which means "stop at once".
    if (signal === 'SIGINT' && isOnTerminal) return
    child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  return () => {
    for (const signal of signals) process.off(signal, forward)
  }
}
