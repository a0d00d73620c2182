import type { Frame } from '../demo-call.ts'

/** An event of the completions endpoints, which have `data:` lines only. */
export function toDataEvent(value: unknown, rests = false): Frame {
  return { data: `data: ${JSON.stringify(value)}\n\n`, rests }
}
