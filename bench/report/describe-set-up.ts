import { isFlatOut } from '../scenarios/scenario.ts'
import { medianOf } from './ratios.ts'
import type { Report } from './report.ts'
import { toNumberText } from './to-number-text.ts'

/** From this share of a core on, other programs distort the figures. */
const disturbing = 0.05

/** Describes the programs, the machine and the method, with notes on the figures. */
export function describeSetUp(report: Report): string {
  const { command, rounds, machine, versions, tools } = report
  const { cpu, cores, memoryGiB, system } = machine
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `\`${command}\` · ${cores} × ${cpu}, ${memoryGiB} GiB, ${system}`,
    `· ${names.join(' · ')}`,
    `· JSON load by ${tools.wrk === undefined ? 'bench/load' : 'wrk for small responses, otherwise by bench/load'}, streams by bench/load.`,
    tools.cores === undefined
      ? 'Processes are not pinned to cores (no `taskset`, or one core).'
      : `Every gateway on core ${tools.cores.gateway}; upstream and load on core ${tools.cores.rest}.`,
    `Medians of ${rounds} ${rounds === 1 ? 'round' : 'alternating rounds'}; CPU and ratios are steadier than rates.`,
    'Weir "all on" checks a virtual key and its parent, counts six limits, reserves money, records and settles each call and writes a log line; "bare" checks one token and writes the line. Images are forwarded and not stored. The other gateways check and log nothing.',
    'A stream is clean if it has every byte and its `[DONE]`; late if it was silent for more than twice its pace, and longer than any stream of the same round without a gateway.',
    ...(report.against === undefined
      ? []
      : [
          `The baseline is commit ${report.against.commit.slice(0, 7)}, on the same Node, started by its own copy of the benchmark.`,
        ]),
    ...describeDisturbance(report),
  ].join('\n')
}

function describeDisturbance({ results }: Report): readonly string[] {
  const shares = results
    .filter(({ scenario }) => isFlatOut(scenario))
    .flatMap((result) => [...result.samples.keys()].map((name) => medianOf(readForeign, result, name)))
  const maximum = Math.max(0, ...shares.filter(Number.isFinite))
  if (maximum < disturbing) return []
  return [
    `**The machine was busy**: other programs used up to ${toNumberText(maximum * 100)} % of the gateways' core, which affects rates and times.`,
  ]
}

function readForeign({ coreShare, ownShare }: { coreShare: number | undefined; ownShare: number | undefined }) {
  return coreShare === undefined || ownShare === undefined ? undefined : coreShare - ownShare
}
