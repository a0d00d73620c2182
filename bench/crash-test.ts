import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { renderCrashReport } from './crash/render-crash-report.ts'
import { type CrashTestResult, runCrashTest } from './crash/run-crash-test.ts'

const usage = `Kills servers under load with SIGKILL, and compares the records of the upstream, the ledger and the callers.

  npm run crash-test -- [options]

  --rounds N   kills, with one server and with two (default 10, about a minute; 100 or more also write a report)
  --seed N     seed of the random plan (default 1)
  --help
`

/** Minimum rounds for a report in bench/results; fewer prove too little. */
const minReportedRounds = 100
/** The name of the file in bench/results. */
const name = 'crash-test'

await main(process.argv.slice(2))

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  const [rounds, seed] = [Number(values.rounds), Number(values.seed)]
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const results: CrashTestResult[] = []
  for (const processes of [1, 2]) {
    results.push(await runCrashTest({ rounds, processes, seed, concurrency: 40, waitsForServer: true, say }))
  }
  const date = new Date().toISOString().slice(0, 10)
  const command = ['npm run crash-test', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
  const report = renderCrashReport({ command, date, seed, rounds, results })
  process.stdout.write(report)
  if (rounds >= minReportedRounds) save(report, `${date}-${name}.md`)
  if (results.some(({ faults }) => faults.length > 0)) process.exitCode = 1
}

function save(report: string, name: string): void {
  const folder = fileURLToPath(new URL('results', import.meta.url))
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/${name}`, report)
}
