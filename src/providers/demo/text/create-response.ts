import type { DemoCall, DemoReply } from '../demo-call.ts'
import { toEventReply } from '../wire/to-event-reply.ts'
import { toJsonReply } from '../wire/to-json-reply.ts'
import { planOutput } from './plan-output.ts'
import { readResponsesAsk } from './read-responses-ask.ts'
import { streamResponse } from './stream-response.ts'
import { toOutputItem } from './to-output-item.ts'
import { toResponseObject } from './to-response-object.ts'

/** `POST /responses`. Nothing is stored, whatever `store` says. */
export function createResponse(call: DemoCall): DemoReply {
  const ask = readResponsesAsk(call.model, call.body)
  const output = planOutput(ask)
  const outputTokens = output.pieces.length
  const item = toOutputItem(call, output, { text: output.pieces.join(''), isOver: true })
  const finished = toResponseObject(call, {
    status: output.isWhole ? 'completed' : 'incomplete',
    output: [item],
    usage: {
      input_tokens: ask.inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: ask.inputTokens + outputTokens,
    },
  })
  return call.body.stream === true ? toEventReply(streamResponse(call, output, finished)) : toJsonReply(finished)
}
