import type { Call, Caller } from '../pipeline/call/call.ts'
import type { Ports } from '../pipeline/call/ports.ts'

/** One GraphQL request whose caller is known: what each of its calls has in common. */
export interface GraphqlVisit extends Pick<Call, 'credentials' | 'headers' | 'signal' | 'publicUrl' | 'defer'> {
  readonly caller: Caller
  readonly ports: Ports
  readonly method: string
  readonly requestId: string
  /** Milliseconds, monotonic. */
  readonly arrivedAt: number
}
