import type { GatewayName } from '../gateways/gateway.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Sample } from './sample.ts'

/** All rounds of one scenario. Samples of the same round have the same place in their lists, so that they can be compared in pairs. */
export interface ScenarioResults {
  readonly scenario: Scenario
  readonly samples: ReadonlyMap<GatewayName, readonly Sample[]>
  /** They did not answer as they should when they were asked for the first time, and were not measured. */
  readonly unable: readonly GatewayName[]
}
