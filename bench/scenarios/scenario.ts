import type { GatewayName } from '../gateways/gateway.ts'

/** One kind of load. */
export interface Scenario {
  readonly id: string
  readonly title: string
  /** What one unit is called in the table, and what CPU is divided by. */
  readonly unit: 'request' | 'stream'
  readonly body: string
  readonly concurrency: number
  readonly durationMs: number
  /** 0 where another scenario warms up the same code. */
  readonly warmUpMs: number
  readonly bodyBytes: number
  readonly ending: string
  /** Measured in every round, or only in each `every`th. */
  readonly every: number
  readonly gateways: readonly GatewayName[]
}
