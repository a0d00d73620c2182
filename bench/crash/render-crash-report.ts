import { toTable } from '../report/to-table.ts'
import type { CrashTestResult } from './run-crash-test.ts'

export interface CrashReport {
  /** The command line. */
  readonly command: string
  readonly date: string
  readonly seed: number
  readonly rounds: number
  readonly results: readonly CrashTestResult[]
}

type Row = readonly [title: string, read: (result: CrashTestResult) => number]

const rows: readonly Row[] = [
  ['servers killed', ({ kills }) => kills],
  ['calls sent', ({ calls }) => Object.values(calls).reduce((sum, count) => sum + count, 0)],
  ['… with a whole response', ({ calls }) => calls.whole],
  ['… refused, by Weir or by the upstream', ({ calls }) => calls.refused],
  ['… with a disconnected caller', ({ calls }) => calls.left],
  ['… cut off', ({ calls }) => calls.broken + calls.unsent],
  ['requests that the upstream accepted', ({ accepted }) => accepted],
  ['records in the ledger', ({ records }) => records],
  ['… settled', ({ records, outcomes }) => records - (outcomes.unknown ?? 0)],
  ['… `unknown`, charged their reservation', ({ outcomes }) => outcomes.unknown ?? 0],
  ['… of calls that never reached the upstream (free, `unknown` or `client_gone`)', ({ unseen }) => unseen],
  ['… `unknown`, although the caller received a whole response', ({ wholeButUnknown }) => wholeButUnknown],
  ['**accepted and without a record (lost)**', countFaults('lost')],
  ['**with two records, or sent twice (double)**', countFaults('double')],
  ['**recorded and never sent, or charged and never upstream**', countFaults('invented')],
  ['**usage or price other than the caller received**', countFaults('different')],
  ['**still open at the end**', countFaults('open')],
  ['**balances that differ from the sum of their records**', countFaults('sum')],
  ['**balances with a reservation for finished calls**', countFaults('reserved')],
  ['**budgets exceeded beyond their bound**', countFaults('overspent')],
]

/** Renders the report in Markdown. */
export function renderCrashReport({ command, date, seed, rounds, results }: CrashReport): string {
  const head = [
    '',
    ...results.map(({ processes }) => (processes === 1 ? 'one server' : `${processes} servers on one file`)),
  ]
  const body = rows.map(([title, read]) => [title, ...results.map((result) => read(result).toLocaleString('en'))])
  const faults = results.flatMap((result) => result.faults).slice(0, 20)
  return `# Servers killed under load: three sets of records compared

\`${command}\` · ${date} · Node ${process.versions.node} · seed ${seed}

In each of ${rounds} rounds, 40 concurrent callers send chats, streamed and unstreamed, with three keys of one family; some disconnect. After a random time,
SIGKILL ends one server or all of them, and as many start on the same database. At the end, the last server closes the calls of the dead servers, which it detects
by missing heartbeats, and is killed too. Then the test compares the calls that the upstream accepted, the ledger's records and the callers' responses, call by call.

${toTable(head, body)}
${faults.length === 0 ? 'The rows in bold must be 0.' : `The first violations:\n\n${faults.map((fault) => `- ${fault}\n`).join('')}`}
`
}

function countFaults(kind: string): (result: CrashTestResult) => number {
  return ({ faults }) => faults.filter((fault) => fault.startsWith(`${kind}:`)).length
}
