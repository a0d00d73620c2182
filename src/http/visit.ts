import type { AdminPorts } from '../admin/administration.ts'
import type { Answer } from '../core/answer.ts'
import type { CallTrace } from '../pipeline/call/call-trace.ts'
import type { Inbound } from './inbound.ts'

/** One request on its way to its route. */
export interface Visit {
  readonly inbound: Inbound
  readonly trace: CallTrace
  readonly ports: AdminPorts
  readonly isDraining: boolean
  /** An answer for a path that the API does not have: the page's files, for instance. */
  readonly findPage: (path: string) => Promise<Answer | undefined>
}
