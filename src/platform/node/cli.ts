import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../../config/config-error.ts'
import { CommandError } from './commands/command-error.ts'
import { printMessage } from './commands/print.ts'
import { runProgram } from './commands/program.ts'
import { packageRoot } from './package-root.ts'

// The reader of stdout or stderr may exit first (EPIPE). A command handles that itself; a server must keep serving.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
try {
  const { version }: { version?: string } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
  await runProgram(process.argv.slice(2), { env: process.env, version })
} catch (error) {
  if (!(error instanceof ConfigError) && !(error instanceof CommandError)) throw error
  if (error.message !== '') printMessage(error.message)
  process.exitCode = error instanceof CommandError ? error.exitCode : 2
}
