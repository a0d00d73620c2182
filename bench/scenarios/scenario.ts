import type { GatewayName } from '../gateways/gateway.ts'

/** One kind of load. */
export interface Scenario {
  readonly id: string
  readonly title: string
  /** The unit in the table, and the divisor of the CPU time. */
  readonly unit: 'request' | 'stream'
  readonly path: string
  readonly body: string
  readonly concurrency: number
  readonly durationMs: number
  /** 0 if another scenario warms up the same code. */
  readonly warmUpMs: number
  readonly bodyBytes: number
  readonly ending: string
  /** Time between two events; 0 means at full speed. */
  readonly paceMs: number
  /** Measured in each `every`th round. */
  readonly every: number
  readonly gateways: readonly GatewayName[]
  /** True for one of several sizes that share a table of clean streams. */
  readonly isStep: boolean
}

/**
 * Returns true if the load waits only for responses. The rate is then the maximum of the gateway or of another part.
 */
export function isFlatOut({ paceMs, concurrency }: Scenario): boolean {
  return paceMs === 0 && concurrency > 1
}
