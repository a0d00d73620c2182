import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine/describe-machine.ts'
import { findTools } from './machine/find-tools.ts'
import { readVersions } from './machine/read-versions.ts'
import { renderSoak } from './soak/render-soak.ts'
import { runSoak } from './soak/run-soak.ts'

const usage = `Loads one server with everything that callers do, and says whether anything of it grows.

  npm run soak -- [options]

  --minutes N   default 30
  --callers N   at once, default 32
  --seed N      another order of things (default 1)
  --dry         writes no file
  --help
`

await main(process.argv.slice(2))

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '30' },
      callers: { type: 'string', default: '32' },
      seed: { type: 'string', default: '1' },
      dry: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  const [minutes, callers, seed] = [Number(values.minutes), Number(values.callers), Number(values.seed)]
  if (!(minutes > 0 && callers > 0)) return refuse('--minutes and --callers must be numbers above 0.')
  const tools = findTools()
  const folder = mkdtempSync(join(tmpdir(), 'weir-soak-'))
  try {
    const result = await runSoak({ minutes, callers, seed, cores: tools.cores, folder, say })
    const date = new Date().toISOString().slice(0, 10)
    const command = ['npm run soak', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
    const versions = readVersions(['weir'], tools)
    const report = renderSoak({ command, date, machine: describeMachine(), versions, callers, result })
    process.stdout.write(`\n${report}`)
    if (!values.dry) save(`${date}-soak`, report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function save(name: string, report: string): void {
  const results = fileURLToPath(new URL('results', import.meta.url))
  mkdirSync(results, { recursive: true })
  const file = join(results, `${name}.md`)
  writeFileSync(file, report)
  say(`written to ${file}`)
}

function refuse(message: string): void {
  say(message)
  process.exitCode = 2
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
