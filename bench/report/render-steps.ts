import { type GatewayName, gatewayTitles } from '../gateways/gateway.ts'
import { countClean } from './count-late.ts'
import type { ScenarioResults } from './results.ts'
import { toTable } from './to-table.ts'

/** Renders the number of clean streams at each concurrency, for each gateway. */
export function renderSteps(steps: readonly ScenarioResults[]): string {
  const names = [...new Set(steps.flatMap(({ samples }) => [...samples.keys()]))]
  if (names.length === 0) return ''
  const rows = names.map((name) => [gatewayTitles[name], ...steps.map((step) => toCell(step, name))])
  const head = ['clean of', ...steps.map(({ scenario }) => String(scenario.concurrency))]
  return `## Streams at once, 64 events 20 ms apart\n\n${toTable(head, rows)}`.trimEnd()
}

function toCell(step: ScenarioResults, name: GatewayName): string {
  const clean = countClean(step, name)
  if (Number.isNaN(clean)) return ''
  return clean === step.scenario.concurrency ? 'all' : String(Math.floor(clean))
}
