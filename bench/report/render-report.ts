import { gatewayTitles } from '../gateways/gateway.ts'
import { describeSetUp } from './describe-set-up.ts'
import { renderComparison } from './render-comparison.ts'
import { renderScenario } from './render-scenario.ts'
import { renderSteps } from './render-steps.ts'
import type { Report } from './report.ts'
import { compareWithTargets } from './targets.ts'
import { toNumberText } from './to-number-text.ts'
import { toTable } from './to-table.ts'

/** Renders the whole report in Markdown. */
export function renderReport(report: Report): string {
  const { results } = report
  const steps = results.filter(({ scenario }) => scenario.isStep)
  // The size with a target is also shown completely.
  const shown = results.filter(({ scenario }) => !scenario.isStep || scenario.id === 'streams-512')
  const parts = [
    `# Benchmark of ${report.date}`,
    describeSetUp(report),
    report.against === undefined ? '' : renderComparison(report.against, results),
    ...shown.map(renderScenario),
    steps.length > 1 ? renderSteps(steps) : '',
    renderMemory(report),
    renderStart(report),
    renderTargets(report),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function renderMemory({ memory = [] }: Report): string {
  if (memory.length === 0) return ''
  const rows = memory.map(({ name, idleMiB, peakMiB, afterMiB }) => [
    gatewayTitles[name],
    ...[idleMiB, peakMiB, afterMiB].map(toNumberText),
  ])
  const table = toTable(['RSS in MiB', 'idle', 'peak', '3 s after'], rows)
  return `## Memory\n\nA fresh process under 8 s of JSON, 64 at a time.\n\n${table}`.trimEnd()
}

function renderStart({ startUps = [], worker }: Report): string {
  const lines = [
    ...startUps.map(({ name, medianMs }) => `- ${gatewayTitles[name]}: ${toNumberText(medianMs)} ms`),
    ...(worker === undefined
      ? []
      : [`- The Worker: ${toNumberText(worker.gzipKiB)} KiB compressed, ${toNumberText(worker.rawKiB)} KiB raw`]),
  ]
  return lines.length === 0
    ? ''
    : `## Start and size\n\nFrom the start of the process to the end of its first response.\n\n${lines.join('\n')}`
}

function renderTargets(report: Report): string {
  const known = compareWithTargets(report).filter(({ value }) => value !== undefined)
  if (known.length === 0) return ''
  const rows = known.map(({ title, bound, value = Number.NaN, isMet }) => [
    title,
    bound,
    toNumberText(value),
    isMet === true ? 'yes' : '**no**',
  ])
  return `## Targets\n\n${toTable(['', 'target', 'measured', 'met'], rows)}`.trimEnd()
}
