import type { Output } from './plan-output.ts'

/** Why a choice ended, in the words of chat completions. */
export function toFinishReason(output: Output): 'length' | 'tool_calls' | 'stop' {
  if (!output.isWhole) return 'length'
  return output.toolName === undefined ? 'stop' : 'tool_calls'
}
