import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine/describe-machine.ts'
import { findTools } from './machine/find-tools.ts'
import { readVersions } from './machine/read-versions.ts'
import { renderSoak } from './soak/render-soak.ts'
import { runSoak } from './soak/run-soak.ts'

const usage = `Loads servers with all kinds of calls while it injects faults (upstream, disk, clock, SIGKILL, SIGHUP, SIGTERM). Checks that
their figures stay flat and that the ledger matches the calls. The exit code is 1 if not.

  npm run soak -- [options]

  --minutes N     default 30; figures are judged from 5 minutes on
  --callers N     concurrent callers, default 32
  --seed N        seed of the random plan (default 1)
  --report FILE   also write the report to FILE
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
      report: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  const [minutes, callers, seed] = [Number(values.minutes), Number(values.callers), Number(values.seed)]
  if (!(minutes > 0 && callers > 0)) return refuse('--minutes and --callers must be numbers above 0.')
  const folder = mkdtempSync(join(tmpdir(), 'weir-soak-'))
  try {
    const result = await runSoak({ minutes, callers, seed, folder, say })
    const date = new Date().toISOString().slice(0, 10)
    const command = ['npm run soak', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
    const versions = readVersions(['weir'], findTools())
    const report = renderSoak({ command, date, machine: describeMachine(), versions, callers, result })
    process.stdout.write(`\n${report}`)
    if (values.report !== undefined) writeFileSync(values.report, report)
    if (result.failures.length > 0) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function refuse(message: string): void {
  say(message)
  process.exitCode = 2
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
