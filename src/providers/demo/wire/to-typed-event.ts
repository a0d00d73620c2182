import type { Frame } from '../demo-call.ts'

interface TypedEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** An event of the endpoints that name their events: the `type` field is repeated in the `event:` line. */
export function toTypedEvent(value: TypedEvent, rests = false): Frame {
  return { data: `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`, rests }
}
