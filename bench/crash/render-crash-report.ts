import { toTable } from '../report/to-table.ts'
import type { CrashTestResult } from './run-crash-test.ts'

export interface CrashReport {
  /** As it was typed. */
  readonly command: string
  readonly date: string
  readonly seed: number
  readonly rounds: number
  readonly results: readonly CrashTestResult[]
}

type Row = readonly [what: string, read: (result: CrashTestResult) => number]

const rows: readonly Row[] = [
  ['servers killed', ({ kills }) => kills],
  ['calls made', ({ calls }) => Object.values(calls).reduce((sum, count) => sum + count, 0)],
  ['… answered whole', ({ calls }) => calls.whole],
  ['… refused, by Weir or by the upstream', ({ calls }) => calls.refused],
  ['… left by their callers', ({ calls }) => calls.left],
  ['… cut off', ({ calls }) => calls.broken + calls.unsent],
  ['requests that the upstream accepted', ({ accepted }) => accepted],
  ['records in the ledger', ({ records }) => records],
  ['… settled', ({ records, outcomes }) => records - (outcomes.unknown ?? 0)],
  ['… `unknown`, at the cost set aside', ({ outcomes }) => outcomes.unknown ?? 0],
  ['… of calls that ended on their way to the upstream (free, `unknown` or `client_gone`)', ({ unseen }) => unseen],
  ['… `unknown`, though the caller had its whole answer', ({ wholeButUnknown }) => wholeButUnknown],
  ['**accepted and without a record (lost)**', countFaults('lost')],
  ['**with two records, or sent twice (double)**', countFaults('double')],
  ['**booked and never made, or never sent and paid**', countFaults('invented')],
  ['**usage or price other than the caller got**', countFaults('different')],
  ['**still open at the end**', countFaults('open')],
  ['**balances that are not the sum of their records**', countFaults('sum')],
  ['**balances with something set aside for nothing**', countFaults('reserved')],
  ['**budgets beyond their bound**', countFaults('overspent')],
]

/** What was found, as Markdown. */
export function renderCrashReport({ command, date, seed, rounds, results }: CrashReport): string {
  const head = [
    '',
    ...results.map(({ processes }) => (processes === 1 ? 'one server' : `${processes} servers on one file`)),
  ]
  const body = rows.map(([what, read]) => [what, ...results.map((result) => read(result).toLocaleString('en'))])
  const faults = results.flatMap((result) => result.faults).slice(0, 20)
  return `# Servers killed under load, and three books compared

\`${command}\` · ${date} · Node ${process.versions.node} · seed ${seed}

In each of ${rounds} rounds, 40 callers at a time send chats, streamed and not, with three keys of one family; some leave. After a random time one
server, or all of them, are killed with SIGKILL, and as many start on the same database. At the end the last server finds out by missing heartbeats whose
calls nobody will end, and is killed too. Then what the upstream accepted, what the ledger booked and what the callers got are compared, call by call.

${toTable(head, body)}
${faults.length === 0 ? 'The rows in bold have to be 0.' : `First of what is wrong:\n\n${faults.map((fault) => `- ${fault}\n`).join('')}`}
`
}

function countFaults(kind: string): (result: CrashTestResult) => number {
  return ({ faults }) => faults.filter((fault) => fault.startsWith(`${kind}:`)).length
}
