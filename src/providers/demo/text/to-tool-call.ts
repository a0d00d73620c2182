import type { DemoCall } from '../demo-call.ts'

/** A call of a function as chat completions write it. */
export function toToolCall(
  call: Pick<DemoCall, 'id'>,
  choiceIndex: number,
  called: { readonly name: string; readonly arguments: string },
) {
  return { id: `call_demo_${call.id}_${choiceIndex}`, type: 'function', function: called }
}
