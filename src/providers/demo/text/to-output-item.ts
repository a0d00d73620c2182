import type { DemoCall } from '../demo-call.ts'
import type { Output } from './plan-output.ts'

interface Progress {
  readonly text: string
  readonly isOver: boolean
}

/** The one item of a response's output, as it begins and as it ends: a message or a call of a function. */
export function toOutputItem(call: Pick<DemoCall, 'id'>, output: Output, { text, isOver }: Progress) {
  const ending = output.isWhole ? 'completed' : 'incomplete'
  const status = isOver ? ending : 'in_progress'
  if (output.toolName !== undefined) {
    return {
      id: `fc_demo_${call.id}`,
      type: 'function_call',
      status,
      arguments: text,
      call_id: `call_demo_${call.id}`,
      name: output.toolName,
    }
  }
  const content = isOver ? [{ type: 'output_text', annotations: [], logprobs: [], text }] : []
  return { id: `msg_demo_${call.id}`, type: 'message', status, content, role: 'assistant' }
}
