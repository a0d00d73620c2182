import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runToExitCode } from './commands/program.ts'
import { packageRoot } from './package-root.ts'

// The reader of stdout or stderr may exit first (EPIPE). A command handles that itself; a server must keep serving.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
const { version }: { version?: string } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
const code = await runToExitCode(process.argv.slice(2), { env: process.env, version })
if (code !== 0) process.exitCode = code
