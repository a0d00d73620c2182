import { isFlatOut } from '../scenarios/scenario.ts'
import { medianOf } from './ratios.ts'
import type { Report } from './report.ts'
import { toNumberText } from './to-number-text.ts'

/** From this share of a core on, other programs change what is measured. */
const disturbing = 0.05

/** What was measured with what, on which machine, and what to think of it. */
export function describeSetUp(report: Report): string {
  const { command, rounds, machine, versions, tools } = report
  const { cpu, cores, memoryGiB, system } = machine
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `\`${command}\` · ${cores} × ${cpu}, ${memoryGiB} GiB, ${system}`,
    `· ${names.join(' · ')}`,
    `· JSON load by ${tools.wrk === undefined ? 'bench/load' : 'wrk where answers are small, else by bench/load'}, streams by bench/load.`,
    tools.cores === undefined
      ? 'Processes are not pinned to cores (no `taskset`, or one core).'
      : `Every gateway on core ${tools.cores.gateway}; upstream and load on core ${tools.cores.rest}.`,
    `Medians of ${rounds} ${rounds === 1 ? 'round' : 'alternating rounds'}; CPU and ratios are steadier than rates.`,
    'Weir all on checks a virtual key and its parent, counts six limits, sets money aside, records and settles each call and writes a log line; bare it checks one token and writes the line. Pictures pass and are not kept. The others check and log nothing.',
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
  const most = Math.max(0, ...shares.filter(Number.isFinite))
  if (most < disturbing) return []
  return [
    `**The machine was not quiet**: other programs took up to ${toNumberText(most * 100)} % of the gateways' core. Rates and times are theirs too.`,
  ]
}

function readForeign({ coreShare, ownShare }: { coreShare: number | undefined; ownShare: number | undefined }) {
  return coreShare === undefined || ownShare === undefined ? undefined : coreShare - ownShare
}
