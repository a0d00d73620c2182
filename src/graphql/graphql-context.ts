import { GatewayError } from '../core/errors.ts'
import type { GatewayResponse } from '../core/gateway-response.ts'
import type { Caller } from '../pipeline/call/call.ts'
import type { Ports } from '../pipeline/call/ports.ts'
import { type CallerSessions, sessionsOf } from '../pipeline/sessions/caller-sessions.ts'
import { type CallPlan, type GraphqlCallContext, runCall } from './calls.ts'
import { limits } from './limits.ts'

/**
 * The context of resolvers. `sessions` and `run` are counted: after `limits.operations` in one request they throw
 * GatewayError `query_too_complex`.
 */
export interface GraphqlContext {
  readonly caller: Caller
  readonly ports: Ports
  /** Returns the caller's sessions, and no access to the rest of the store. */
  sessions(): CallerSessions
  /** Runs a model call with its own record in the log. Rejects with GatewayError. */
  run(plan: CallPlan): Promise<GatewayResponse>
}

/** Creates the context of one request, which counts its operations. */
export function createContext(callContext: GraphqlCallContext): GraphqlContext {
  const { caller, ports } = callContext
  let operations = 0

  function spend(count: number): void {
    operations += count
    if (operations <= limits.operations) return
    throw new GatewayError(
      'query_too_complex',
      `One request may run ${limits.operations} operations on models and sessions. Split it into several requests.`,
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
      // A call in a session also reads the history before and writes the exchange after.
      spend(plan.sessionId === undefined ? 1 : 3)
      return runCall(plan, callContext)
    },
  }
}
