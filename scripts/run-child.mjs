import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { projectRoot } from './project-root.mjs'

/**
 * Runs a command in the project's folder to its end and passes signals on to it.
 * Resolves with its exit code and, where `quiet`, what it printed instead of showing it. `onStart` gets its process id.
 */
export function runChild(command, args, { quiet = false, env = process.env, onStart } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit'
    const child = spawn(command, args, { cwd: projectRoot, env, stdio })
    if (child.pid !== undefined) onStart?.(child.pid)
    const chunks = []
    child.stdout?.on('data', (chunk) => chunks.push(chunk))
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
    // Ctrl-C reaches the whole foreground group. Passed on, the child would see it twice, and twice means "at once".
    if (signal === 'SIGINT' && isOnTerminal()) return
    child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  return () => {
    for (const signal of signals) process.off(signal, forward)
  }
}

function isOnTerminal() {
  return Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY)
}
