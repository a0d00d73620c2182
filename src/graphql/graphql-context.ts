import { GatewayError } from '../core/errors.ts'
import type { GatewayResponse } from '../core/gateway-response.ts'
import type { Caller } from '../pipeline/call/call.ts'
import type { Ports } from '../pipeline/call/ports.ts'
import { type CallerSessions, sessionsOf } from '../pipeline/sessions/caller-sessions.ts'
import { type CallPlan, type GraphqlCallContext, runCall } from './calls.ts'
import { limits } from './limits.ts'

/**
 * The world as resolvers see it. `sessions` and `run` count: past `limits.operations` of one request they throw GatewayError
 * `query_too_complex`.
 */
export interface GraphqlContext {
  readonly caller: Caller
  readonly ports: Ports
  /** The caller's own sessions; nothing else of the store can be reached. */
  sessions(): CallerSessions
  /** Makes a call like any other, with its own record in the log. Rejects with GatewayError. */
  run(plan: CallPlan): Promise<GatewayResponse>
}

/** The context of one request, whose operations are counted together. */
export function createContext(visit: GraphqlCallContext): GraphqlContext {
  const { caller, ports } = visit
  let operations = 0

  function spend(count: number): void {
    operations += count
    if (operations <= limits.operations) return
    throw new GatewayError(
      'query_too_complex',
      `One request may make ${limits.operations} operations on models and stores. Split it up.`,
    )
  }

  return {
    caller,
    ports,
    sessions() {
      spend(1)
      return sessionsOf(caller, ports)
    },
    async run(plan) {
      // In a session the history is read before and the exchange written after.
      spend(plan.sessionId === undefined ? 1 : 3)
      return runCall(plan, visit)
    },
  }
}
