import type { DemoCall, Frame } from '../demo-call.ts'
import { doneEvent } from '../wire/done-event.ts'
import { toDataEvent } from '../wire/to-data-event.ts'
import type { Output } from './plan-output.ts'
import type { toCompletionUsage } from './to-completion-usage.ts'
import { toFinishReason } from './to-finish-reason.ts'
import { toToolCall } from './to-tool-call.ts'

/** The chunks of a chat completion. Several choices take turns, as they do at OpenAI. */
export function* streamChat(
  call: DemoCall,
  outputs: readonly Output[],
  usage: ReturnType<typeof toCompletionUsage> | undefined,
): Generator<Frame> {
  const chunk = {
    id: `chatcmpl-demo-${call.id}`,
    object: 'chat.completion.chunk',
    created: call.created,
    model: call.model,
    service_tier: 'default',
    system_fingerprint: 'weir-demo',
  }
  // Where the last chunk will tell the usage, OpenAI has a null in all the others.
  const noUsage = usage === undefined ? {} : { usage: null }

  function toChunk(index: number, delta: object, finishReason: string | null = null) {
    const choice = { index, delta, logprobs: null, finish_reason: finishReason }
    return { ...chunk, choices: [choice], ...noUsage }
  }

  for (const [index, output] of outputs.entries()) yield toDataEvent(toChunk(index, toOpening(call, output, index)))
  const longest = Math.max(...outputs.map((output) => output.pieces.length))
  for (let position = 0; position < longest; position += 1) {
    let rests = position > 0
    for (const [index, output] of outputs.entries()) {
      const piece = output.pieces[position]
      if (piece === undefined) continue
      yield toDataEvent(toChunk(index, toDelta(output, piece)), rests)
      rests = false
    }
  }
  for (const [index, output] of outputs.entries()) yield toDataEvent(toChunk(index, {}, toFinishReason(output)))
  if (usage !== undefined) yield toDataEvent({ ...chunk, choices: [], usage })
  yield doneEvent
}

function toOpening(call: DemoCall, output: Output, index: number) {
  if (output.toolName === undefined) return { role: 'assistant', content: '', refusal: null }
  const toolCall = { index: 0, ...toToolCall(call, index, { name: output.toolName, arguments: '' }) }
  return { role: 'assistant', content: null, tool_calls: [toolCall], refusal: null }
}

function toDelta(output: Output, piece: string) {
  if (output.toolName === undefined) return { content: piece }
  return { tool_calls: [{ index: 0, function: { arguments: piece } }] }
}
