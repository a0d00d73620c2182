import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigError } from '../../config/config-error.ts'
import { checkConfig } from './check-config.ts'
import { serve } from './serve.ts'

const usage = `Weir: an OpenAI-compatible AI gateway that you own.

  weir [serve]         start the gateway (default)
  weir check-config    check the configuration and say what it means

Options
  --port N             port to listen on           (PORT, default 8787)
  --host NAME          address to listen on        (HOST, default 127.0.0.1)
  --config FILE        weir.config.{yaml,json,ts}  (default: the one in this folder)
  --help, --version

Environment (docs/configuration.md has them all)
  OPENAI_API_KEY, DEEPINFRA_API_KEY   keys of providers; with none, the built-in demo answers
  TOKEN                               the secret that callers send as \`Authorization: Bearer …\`
`

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  config: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

await main(process.argv.slice(2))

async function main(args: string[]): Promise<void> {
  try {
    await run(args)
  } catch (error) {
    if (!(error instanceof ConfigError) && !isUsageError(error)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  }
}

async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const [command = 'serve', ...rest] = positionals
  if (values.help) return void process.stdout.write(usage)
  if (values.version) return void process.stdout.write(`${readVersion()}\n`)
  if (rest.length > 0 || (command !== 'serve' && command !== 'check-config')) {
    process.stderr.write(`There is no command \`${positionals.join(' ')}\`. See weir --help.\n`)
    process.exitCode = 2
    return
  }
  const env = { ...process.env, ...(values.port && { PORT: values.port }), ...(values.host && { HOST: values.host }) }
  await (command === 'serve' ? serve(env, values.config) : checkConfig(env, values.config))
}

/** What node:util throws for an option that it does not know. */
function isUsageError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
}

function readVersion(): string {
  const manifest: { version?: string } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version ?? 'unknown'
}
