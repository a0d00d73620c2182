import type { GatewayName } from '../gateways/gateway.ts'

/** One kind of load. */
export interface Scenario {
  readonly id: string
  readonly title: string
  /** What one unit is called in the table, and what CPU is divided by. */
  readonly unit: 'request' | 'stream'
  readonly path: string
  readonly body: string
  readonly concurrency: number
  readonly durationMs: number
  /** 0 where another scenario warms up the same code. */
  readonly warmUpMs: number
  readonly bodyBytes: number
  readonly ending: string
  /** Between two events; 0 where all comes as fast as it can. */
  readonly paceMs: number
  /** Measured in every round, or only in each `every`th. */
  readonly every: number
  readonly gateways: readonly GatewayName[]
  /** One of several sizes that are shown in one table, with nothing but what was clean. */
  readonly isStep: boolean
}

/** True where the load waits for nothing but the answers, so that the rate says what the gateway, or something else, can do. */
export function isFlatOut({ paceMs, concurrency }: Scenario): boolean {
  return paceMs === 0 && concurrency > 1
}
