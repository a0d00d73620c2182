import type { Machine } from '../machine/describe-machine.ts'
import { toNumberText } from '../report/to-number-text.ts'
import { toTable } from '../report/to-table.ts'
import { judgeSlopes, type Slope } from './judge-slopes.ts'
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

/** How many moments of the soak are shown. */
const shownSamples = 12

/** The report of a soak in Markdown. */
export function renderSoak(report: SoakReport): string {
  const { date, result } = report
  return `${[
    `# Soak of ${date}`,
    describeSetUp(report),
    `## What grows\n\n${renderSlopes(judgeSlopes(result.samples))}`,
    `## Over time\n\n${renderSamples(result)}`,
    `## Calls\n\n${describeCalls(result)}`,
    `## Afterwards\n\n${describeEnd(result)}`,
  ].join('\n\n')}\n`
}

function describeSetUp({ command, machine, versions, callers }: SoakReport): string {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `\`${command}\` · ${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system} · ${names.join(' · ')}`,
    `${callers} callers at once against one process with keys, limits and ledger on: JSON, prompts up to 600 KB, answers up to 1 MiB, pictures up to 2 MiB, streams in bursts and paced, errors of the provider, streams that it breaks off, answers that never come.`,
    'A quarter of the callers hangs up at a random moment, some in the middle of their own request; every seventh reads slowly; every fifth connection is used once.',
  ].join('\n')
}

function renderSlopes(slopes: readonly Slope[]): string {
  const rows = slopes.map(({ title, unit, mean, line, verdict }) => [
    title,
    `${toNumberText(mean)} ${unit}`.trim(),
    line === undefined ? '' : toSigned(line.slope),
    line === undefined ? '' : `${toSigned(line.least)} to ${toSigned(line.most)}`,
    verdict === 'grows' ? '**grows**' : verdict,
  ])
  const head = ['second half', 'mean', 'slope, an hour', '99 %', '']
  return `${toTable(head, rows)}\nA figure grows where no slope between the bounds is zero or less: one flat figure in two hundred looks so by chance.`
}

function renderSamples({ idle, samples, after }: SoakResult): string {
  const step = Math.max(1, Math.floor(samples.length / shownSamples))
  const shown = samples.filter((_, index) => index % step === step - 1)
  const rows = [idle, ...shown, after].map(toRow)
  return toTable(
    ['minute', 'RSS MiB', 'heap MiB', 'external MiB', 'handles', 'files', 'sockets', 'open calls'],
    rows,
  ).trimEnd()
}

function toRow(sample: SoakSample): readonly string[] {
  const { minutes, residentMiB, heapMiB, externalMiB, resources, files, sockets, openCalls } = sample
  return [
    minutes.toFixed(1),
    ...[residentMiB, heapMiB, externalMiB, resources, files, sockets, openCalls].map(toNumberText),
  ]
}

function describeCalls({ tally: { calls, right, left, faults } }: SoakResult): string {
  const faulty = Object.entries(faults).toSorted(([, one], [, other]) => other - one)
  const lines = faulty.map(([what, count]) => `- ${count} × ${what}`)
  const sum = calls - right - left
  return [`${calls} calls: ${right} as planned, ${left} left by their callers, ${sum} not as planned.`, ...lines].join(
    '\n',
  )
}

function describeEnd({ books, exit }: SoakResult): string {
  return [
    `${books.records} records are in the book, and of calls that are over ${books.openCalls} are still open; the limits count ${books.countedCalls} as under way, with ${books.reservedNano} nano-USD set aside. All three should be 0.`,
    `SIGTERM ended the server with ${exit}.`,
  ].join('\n')
}

function toSigned(value: number): string {
  return `${value > 0 ? '+' : ''}${toNumberText(value)}`
}
