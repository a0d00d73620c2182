import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json, wherever the command was typed. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url))

/** Runs a command's body: the number that it returns is the exit code, and an error prints its message without a stack. */
export async function runCommand(body) {
  try {
    process.exitCode = await body()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

/**
 * Runs a program in the project's folder to its end and passes signals on to it.
 * Resolves with its exit code and, where `quiet`, what it printed instead of showing it. `onStart` gets its process id.
 * Lines of its standard output that match `hide` are not shown.
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
    // Ctrl-C reaches the whole foreground group. Passed on, the child would see it twice, and twice means "at once".
    if (signal === 'SIGINT' && isOnTerminal) return
    child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  return () => {
    for (const signal of signals) process.off(signal, forward)
  }
}
