import { cpus, release, totalmem, type } from 'node:os'
import type { StartUp } from '../extras/measure-start-up.ts'
import type { WorkerSize } from '../extras/measure-worker.ts'
import type { Tools } from '../machine/find-tools.ts'
import { renderScenario } from './render-scenario.ts'
import type { ScenarioResults } from './results.ts'
import { toNumberText } from './to-number-text.ts'

export interface Report {
  readonly command: string
  readonly date: string
  readonly rounds: number
  readonly tools: Tools
  readonly results: readonly ScenarioResults[]
  readonly startUp: StartUp | undefined
  readonly worker: WorkerSize | undefined
}

/** The whole report in Markdown. */
export function renderReport(report: Report): string {
  const parts = [`# Benchmark of ${report.date}`, describeSetUp(report), ...report.results.map(renderScenario)]
  return `${[...parts, describeExtras(report)].filter((part) => part !== '').join('\n\n')}\n`
}

function describeSetUp({ command, rounds, tools, results }: Report): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const hasNginx = results.some(({ samples }) => samples.has('nginx'))
  return [
    `\`${command}\` · ${cpus().length} × ${cpu?.model.trim()}, ${memory} GiB, ${type()} ${release()} · Node ${process.versions.node}`,
    `(undici ${process.versions.undici} behind \`fetch\`) · ${hasNginx ? `nginx ${tools.nginx}` : 'nginx was not measured: it is not installed here'}`,
    `· JSON load by ${tools.wrk === undefined ? 'bench/load' : `wrk ${tools.wrk}`}, streams by bench/load.`,
    tools.cores === undefined
      ? 'Processes are not pinned to cores (no `taskset`, or one core).'
      : `Every gateway on core ${tools.cores.gateway}; upstream and load on core ${tools.cores.rest}.`,
    `Medians of ${rounds} ${rounds === 1 ? 'round' : 'alternating rounds'}; CPU and ratios are steadier than rates, which the upstream's core bounds for nginx and \`direct\`.`,
    'Weir checks a token, reads the body and writes a log line a call to a file; the others check and log nothing.',
    'A stream is clean if it has every byte and its `[DONE]`.',
  ].join('\n')
}

function describeExtras({ startUp, worker }: Report): string {
  const lines = [
    startUp && `- Node, from start to the first answer of a call: ${toNumberText(startUp.medianMs)} ms`,
    worker && `- Worker: ${toNumberText(worker.gzipKiB)} KiB compressed, ${toNumberText(worker.rawKiB)} KiB raw`,
  ].filter((line) => line !== undefined)
  return lines.length === 0 ? '' : `## Start and size\n\n${lines.join('\n')}`
}
