import type { ReportedCost } from './provider-kind.ts'

/** Facts of hosts that speak OpenAI's API but have no provider kind that declares them. */
interface HostFacts {
  /** True if the host accepts `usage: {include: true}` in a request; other hosts answer 400. */
  readonly acceptsUsageField?: boolean
  readonly reportedCost: ReportedCost
}

/**
 * DeepInfra does not document the field. The source shows two responses whose values differ by service tier, as the
 * charge does.
 */
export const deepinfraCost: ReportedCost = {
  field: 'usage.estimated_cost',
  source: 'https://github.com/BerriAI/litellm/issues/38802',
  checkedOn: '2026-11-29',
}

export const hostFacts: ReadonlyMap<string, HostFacts> = new Map<string, HostFacts>([
  [
    'openrouter.ai',
    {
      acceptsUsageField: true,
      reportedCost: {
        field: 'usage.cost',
        source: 'https://openrouter.ai/docs/use-cases/usage-accounting',
        checkedOn: '2026-11-29',
      },
    },
  ],
  ['api.deepinfra.com', { reportedCost: deepinfraCost }],
  [
    'api.perplexity.ai',
    {
      reportedCost: {
        field: 'usage.cost.total_cost',
        source: 'https://docs.perplexity.ai/docs/agent-api',
        checkedOn: '2026-11-29',
      },
    },
  ],
  [
    'api.x.ai',
    {
      reportedCost: {
        field: 'usage.cost_in_usd_ticks',
        source: 'https://docs.x.ai/developers/cost-tracking',
        checkedOn: '2026-11-29',
      },
    },
  ],
])
