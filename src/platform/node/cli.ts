import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '../../config/config-error.ts'
import { didYouMean } from '../../core/did-you-mean.ts'
import { CommandError, usageError } from './commands/command-error.ts'
import { commandGroups } from './commands/command-groups.ts'
import { isEarlyEnd, say } from './commands/print.ts'
import { packageRoot } from './package-root.ts'
import { readWorkerCount } from './workers/read-worker-count.ts'
import { runWorkers } from './workers/run-workers.ts'

const usage = `Weir: an OpenAI-compatible AI gateway that you own.

  weir [serve]         start the gateway (default)
  weir check-config    check the configuration and say what it means
  weir keys            make, list, change and delete virtual keys
  weir usage           what was used, by day, key, user, provider, model or tag
  weir records         the record of every attempt, as CSV or JSON
  weir prices          what models cost
  weir audit           who changed what
  weir admin-token     make another secret for the admin API

Each of the last six has its own --help. Options of the first two
  --port N             port to listen on           (PORT, default 8787)
  --host NAME          address to listen on        (HOST, default 127.0.0.1)
  --workers N          processes that share the port; \`auto\` for one a core (WORKERS, default 1)
  --config FILE        weir.config.{yaml,json,ts}  (default: the one in this folder)
  --help, --version

Environment (docs/configuration.md has them all)
  OPENAI_API_KEY, DEEPINFRA_API_KEY   keys of providers; with none, the built-in demo answers
  TOKEN                               the secret that callers send as \`Authorization: Bearer …\`
  ADMIN_TOKEN                         the secret that opens the admin API, at /admin/v1
`

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  config: { type: 'string' },
  workers: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

await main(process.argv.slice(2))

async function main(args: string[]): Promise<void> {
  try {
    await run(args)
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof CommandError) && !isUsageError(error)) throw error
    say(error.message)
    process.exitCode = error instanceof CommandError ? error.exitCode : 2
  }
}

/** What is not asked for is not loaded either: all of it takes half a second. */
async function run(args: string[]): Promise<void> {
  const group = commandGroups.find((name) => name === args[0])
  if (group === undefined) return runServer(args)
  // Whoever reads may end before the command does, and the command learns that by itself.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
  const { runCommand } = await import('./commands/run-command.ts')
  try {
    await runCommand(group, args.slice(1), process.env)
  } catch (error) {
    if (!isEarlyEnd(error)) throw error
  }
}

async function runServer(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const [command = 'serve', ...rest] = positionals
  if (values.help) return void process.stdout.write(usage)
  if (values.version) return void process.stdout.write(`${readVersion()}\n`)
  if (rest.length > 0 || (command !== 'serve' && command !== 'check-config')) throw unknownCommand(positionals)
  const env = { ...process.env, ...(values.port && { PORT: values.port }), ...(values.host && { HOST: values.host }) }
  if (command === 'check-config') {
    const { checkConfig } = await import('./config/check-config.ts')
    return checkConfig(env, values.config)
  }
  const workers = readWorkerCount(values.workers ?? process.env.WORKERS)
  if (workers === 1 || cluster.isWorker) {
    const { serve } = await import('./serve.ts')
    return serve(env, values.config)
  }
  process.exit(await runWorkers({ count: workers, say: (text) => void process.stderr.write(`${text}\n`) }))
}

/** The words after the first are not repeated, since one may be a secret in a wrong place. */
function unknownCommand([word = '']: readonly string[]): CommandError {
  const known = ['serve', 'check-config', ...commandGroups]
  if (known.includes(word)) return usageError(`\`${word}\` comes first, or has a word too many. See weir --help.`)
  const hint = didYouMean(word, known, { limit: 1 })
  return usageError(
    `There is no command \`${word.slice(0, 50)}\`.${hint === undefined ? '' : ` ${hint}`} See weir --help.`,
  )
}

/** What node:util throws for an option that it does not know. */
function isUsageError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
}

function readVersion(): string {
  const manifest: { version?: string } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
  return manifest.version ?? 'unknown'
}
