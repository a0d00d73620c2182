import type { Frame } from '../demo-call.ts'

/** The end of a completions stream. */
export const doneEvent: Frame = { data: 'data: [DONE]\n\n', rests: false }
