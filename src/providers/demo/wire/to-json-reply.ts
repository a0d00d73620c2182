import type { DemoReply } from '../demo-call.ts'

/** A whole JSON body. */
export function toJsonReply(value: unknown): DemoReply {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    frames: [{ data: JSON.stringify(value), rests: false }],
  }
}
