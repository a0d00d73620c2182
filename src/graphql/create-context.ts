import { sessionsOf } from '../pipeline/sessions/caller-sessions.ts'
import { createOperationBudget } from './create-operation-budget.ts'
import type { GraphqlContext } from './graphql-context.ts'
import type { GraphqlVisit } from './graphql-visit.ts'
import { runCall } from './run-call.ts'

export function createContext(visit: GraphqlVisit): GraphqlContext {
  const { caller, ports } = visit
  const spend = createOperationBudget()
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
