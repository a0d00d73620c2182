import { isJsonObject } from '../../../core/json.ts'
import type { DemoCall, DemoReply } from '../demo-call.ts'
import { readCount } from '../wire/read-count.ts'
import { toEventReply } from '../wire/to-event-reply.ts'
import { toJsonReply } from '../wire/to-json-reply.ts'
import { type Output, planOutput } from './plan-output.ts'
import { readChatAsk } from './read-chat-ask.ts'
import { streamChat } from './stream-chat.ts'
import { toCompletionUsage } from './to-completion-usage.ts'
import { toFinishReason } from './to-finish-reason.ts'
import { toToolCall } from './to-tool-call.ts'

/** OpenAI's limit on `n`. */
const mostChoices = 128

/** `POST /chat/completions`. */
export function completeChat(call: DemoCall): DemoReply {
  const { body } = call
  const ask = readChatAsk(call.model, body)
  const count = readCount(body.n, { least: 1, most: mostChoices, otherwise: 1 })
  const outputs = Array.from({ length: count }, (_, index) => planOutput(ask, index))
  const usage = toCompletionUsage(ask.inputTokens, outputs)
  if (body.stream === true) {
    const options = body.stream_options
    const includesUsage = isJsonObject(options) && options.include_usage === true
    return toEventReply(streamChat(call, outputs, includesUsage ? usage : undefined))
  }
  return toJsonReply({
    id: `chatcmpl-demo-${call.id}`,
    object: 'chat.completion',
    created: call.created,
    model: call.model,
    choices: outputs.map((output, index) => toChoice(call, output, index)),
    usage,
    service_tier: 'default',
    system_fingerprint: 'weir-demo',
  })
}

function toChoice(call: DemoCall, output: Output, index: number) {
  const text = output.pieces.join('')
  const said =
    output.toolName === undefined
      ? { content: text, refusal: null }
      : {
          content: null,
          refusal: null,
          tool_calls: [toToolCall(call, index, { name: output.toolName, arguments: text })],
        }
  return {
    index,
    message: { role: 'assistant', ...said, annotations: [] },
    logprobs: null,
    finish_reason: toFinishReason(output),
  }
}
