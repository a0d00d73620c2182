import type { Machine } from '../machine/describe-machine.ts'
import { toNumberText } from '../report/to-number-text.ts'
import { toTable } from '../report/to-table.ts'
import type { Judgement } from './judge-figures.ts'
import type { SoakResult } from './run-soak.ts'
import type { SoakSample } from './soak-sample.ts'

export interface SoakReport {
  readonly command: string
  readonly date: string
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly callers: number
  readonly result: SoakResult
}

/** Maximum number of samples in the report. */
const shownSamples = 30
const shownFailures = 40
const shownCharacters = 1_000

/** Renders the report of a soak in Markdown. */
export function renderSoak(report: SoakReport): string {
  const { date, result } = report
  return `${[
    `# Soak of ${date}`,
    describeSetUp(report),
    `## Verdict\n\n${describeVerdict(result)}`,
    `## Figures\n\n${describeFigures(result.figures)}`,
    `## Injected faults\n\n${describeTroubles(result)}`,
    `## Over time\n\n${renderSamples(result)}`,
    `## Calls\n\n${describeCalls(result)}`,
    `## Ledger\n\n${describeLedger(result)}`,
  ].join('\n\n')}\n`
}

function describeSetUp({ command, machine, versions, callers }: SoakReport): string {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `\`${command}\` · ${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system} · ${names.join(' · ')}`,
    '',
    `${callers} callers against two servers on one database: the elder, one process that runs throughout and whose figures are judged, and the pack, two workers that are killed, replaced and restarted. All features are on: keys with budgets, rates and concurrency limits, sessions, stored images, \`Idempotency-Key\`, GraphQL with subscriptions, forms, passthrough, the admin API and the page.`,
    '12 % of the calls fail at the upstream (429, 500, 503, cut, reset, silent, garbage, another type) and 4 % are slow; 15 % of the callers disconnect, some in the middle of their request, and a tenth read slowly.',
  ].join('\n')
}

function describeVerdict({ failures, figures }: SoakResult): string {
  if (failures.length === 0) {
    const flat = figures.length === 0 ? 'the figures were not judged' : 'the figures are flat'
    return `Passed: ${flat}, the ledger matches the calls, and no failure is unexplained.`
  }
  const more = failures.length - shownFailures
  return [
    `**Failed**, for ${failures.length} reasons:\n`,
    ...failures.slice(0, shownFailures).map((failure) => `- ${failure.slice(0, shownCharacters)}`),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ].join('\n')
}

function describeFigures(figures: readonly Judgement[]): string {
  if (figures.length === 0) return 'The soak was too short to judge the figures. The minimum is five minutes.'
  const rows = figures.map(({ title, unit, early, late, bound, verdict }) => [
    title,
    ...[early, late, bound].map((value) => `${toNumberText(value)} ${unit}`.trim()),
    verdict === 'flat' ? verdict : `**${verdict}**`,
  ])
  return `${toTable(['the elder', 'second fifth', 'last fifth', 'bound', ''], rows)}\nMedians of one sample per second.`
}

function describeTroubles({ troubles, missing }: SoakResult): string {
  const rows = Object.entries(troubles).map(([name, times]) => [name, String(times)])
  return [toTable(['', 'times'], rows), ...missing.map((message) => `**${message}**`)].join('\n').trimEnd()
}

function renderSamples({ idle, samples, after }: SoakResult): string {
  const step = Math.max(1, Math.floor(samples.length / shownSamples))
  const shown = samples.filter((_, index) => index % step === step - 1)
  const rows = [idle, ...shown, after].map(toRow)
  const head = [
    'minute',
    'RSS MiB',
    'heap',
    'external',
    'files',
    'loop p99 ms',
    'pack RSS',
    'database MiB',
    'WAL',
    'open',
  ]
  return `${toTable(head, rows)}\nThe first row is from before the first call, the last from after the last call.`
}

function toRow(sample: SoakSample): readonly string[] {
  const { residentMiB, heapMiB, externalMiB, files, loopP99Ms, packMiB, databaseMiB, walMiB, openCalls } = sample
  const figures = [residentMiB, heapMiB, externalMiB, files, loopP99Ms, packMiB, databaseMiB, walMiB, openCalls]
  return [sample.minutes.toFixed(1), ...figures.map(toNumberText)]
}

function describeCalls({ tally, polls }: SoakResult): string {
  const { calls, whole, left, replayed, others, kinds } = tally
  return [
    `${calls} calls: ${whole} with a whole response, ${replayed} of them replayed for their \`Idempotency-Key\`; ${left} with a disconnected caller. ${polls} polls of the admin API and the page.`,
    toTable(['kind', 'calls'], sorted(kinds)),
    toTable(['other results', 'calls'], sorted(others)),
  ]
    .join('\n\n')
    .trimEnd()
}

function describeLedger({ comparison }: SoakResult): string {
  const { accepted, records, outcomes, wholeButUnknown, unseen, spentNano, faults } = comparison
  const rows = [
    ['calls that reached the upstream', accepted],
    ['records in the ledger', records],
    ...Object.entries(outcomes).map(([outcome, count]) => [`… \`${outcome}\``, count] as const),
    ['… `unknown`, although the caller received a whole response', wholeButUnknown],
    ['… of calls that never reached the upstream (free, `unknown` or `client_gone`)', unseen],
    ['charged, nano-USD', spentNano],
    ['**lost, double, invented, different, open, or a sum that differs from its records**', faults.length],
  ] as const
  const table = toTable(
    ['', ''],
    rows.map(([title, count]) => [title, count.toLocaleString('en')]),
  )
  return `${table}\nThe row in bold must be 0. [The meaning of \`unknown\`](../../docs/money.md#what-a-call-costs-in-the-end).`
}

function sorted(counts: Readonly<Record<string, number>>): readonly (readonly string[])[] {
  return Object.entries(counts)
    .toSorted(([, one], [, other]) => other - one)
    .map(([name, count]) => [name, String(count)])
}
