import { GatewayError } from '../core/errors.ts'
import { sessionsOf } from '../pipeline/sessions-of.ts'
import type { GraphqlContext } from './graphql-context.ts'
import type { GraphqlVisit } from './graphql-visit.ts'
import { limits } from './limits.ts'
import { runCall } from './run-call.ts'

export function createContext(visit: GraphqlVisit): GraphqlContext {
  const { caller, ports } = visit
  let operations = 0

  function spend(count: number): void {
    operations += count
    if (operations <= limits.operations) return
    throw new GatewayError(
      'query_too_complex',
      `One request may make ${limits.operations} operations on models and sessions. Split it up.`,
    )
  }

  return {
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
