import type { GatewayName } from '../gateways/gateway.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Sample } from './sample.ts'

/**
 * All rounds of one scenario. Samples of the same round have the same index in their lists, for comparison in pairs.
 */
export interface ScenarioResults {
  readonly scenario: Scenario
  readonly samples: ReadonlyMap<GatewayName, readonly Sample[]>
  /** Gateways that failed the first calls, and were not measured. */
  readonly unable: readonly GatewayName[]
}
