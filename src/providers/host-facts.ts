import type { ReportedCost } from './provider-kind.ts'

/** Facts of hosts that speak OpenAI's API, and have no kind of provider to declare them. */
interface HostFacts {
  /** It takes `usage: {include: true}` in a request, which others answer 400 to. */
  readonly acceptsUsageField?: boolean
  readonly reportedCost: ReportedCost
}

/** Its own documentation does not have the field; two answers that are shown there differ by their tier of service, as the charge does. */
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
