import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { renderChaos } from './chaos/render-chaos.ts'
import { type BreakersResult, runBreakers } from './chaos/run-breakers.ts'
import { runChaos } from './chaos/run-chaos.ts'
import { runSessions, type SessionsResult } from './chaos/run-sessions.ts'

const usage = `Sends calls by routes over targets that fail, and compares the books of the callers, the targets and the ledger. Then counts
the probes of processes with and without common breakers, and runs conversations over accounts with prompt caches. The exit code is 1 if a call fails while a target is healthy, or books differ.

  npm run chaos -- [options]

  --calls N    default 10,000, which takes some minutes; as many or more also write a report to bench/results
  --seed N     seed of the random plan (default 1)
  --help
`

/** Minimum calls for a report in bench/results; fewer prove too little. */
const minReportedCalls = 10_000
/** The name of the file in bench/results. */
const name = 'chaos'

await main(process.argv.slice(2))

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      calls: { type: 'string', default: String(minReportedCalls) },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  const [calls, seed] = [Number(values.calls), Number(values.seed)]
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const chaos = await runChaos({ calls, callsPerPhase: 100, concurrency: 20, seed, say })
  const breakers: BreakersResult[] = []
  for (const isShared of [true, false]) breakers.push(await runBreakers({ isShared, processes: 4, calls: 400 }))
  const sessions: SessionsResult[] = []
  for (const lifetimeTurns of [Number.POSITIVE_INFINITY, 2]) {
    for (const strategy of ['sticky', 'weighted'] as const)
      sessions.push(await runSessions({ strategy, accounts: 4, sessions: 50, turns: 30, lifetimeTurns, seed }))
  }
  const date = new Date().toISOString().slice(0, 10)
  const command = ['npm run chaos', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
  const report = renderChaos({ command, date, seed, chaos, breakers, sessions })
  process.stdout.write(report)
  if (calls >= minReportedCalls)
    writeFileSync(fileURLToPath(new URL(`results/${date}-${name}.md`, import.meta.url)), report)
  const isBookedAsBilled = sessions.every(({ bookedNano, billedNano }) => bookedNano === billedNano)
  if (chaos.faults.length > 0 || !isBookedAsBilled) process.exitCode = 1
}
