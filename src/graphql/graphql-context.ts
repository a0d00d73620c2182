import type { Answer } from '../core/answer.ts'
import type { Caller } from '../pipeline/call/call.ts'
import type { Ports } from '../pipeline/call/ports.ts'
import type { CallerSessions } from '../pipeline/sessions/caller-sessions.ts'
import type { CallPlan } from './run-call.ts'

/** What resolvers work with. Both doors count: past `limits.operations` of one request they throw GatewayError `query_too_complex`. */
export interface GraphqlContext {
  readonly caller: Caller
  readonly ports: Ports
  /** The caller's own sessions; nothing else of the store can be reached. */
  sessions(): CallerSessions
  /** Makes a call like any other, with its own record in the log. Rejects with GatewayError. */
  run(plan: CallPlan): Promise<Answer>
}
