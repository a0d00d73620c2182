import type { DemoCall, Frame } from '../demo-call.ts'
import { toTypedEvent } from '../wire/to-typed-event.ts'
import type { Output } from './plan-output.ts'
import { toOutputItem } from './to-output-item.ts'
import { toResponseObject } from './to-response-object.ts'

interface ResponseEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** An event before it has its number, and whether a paced stream rests before it. */
interface Step {
  readonly event: ResponseEvent
  readonly rests?: boolean
}

/** The events of a response in OpenAI's order, numbered. `finished` is the response that the last one carries. */
export function* streamResponse(
  call: DemoCall,
  output: Output,
  finished: ReturnType<typeof toResponseObject>,
): Generator<Frame> {
  let sequenceNumber = 0
  for (const { event, rests } of stepThrough(call, output, finished)) {
    yield toTypedEvent({ ...event, sequence_number: sequenceNumber }, rests)
    sequenceNumber += 1
  }
}

function* stepThrough(call: DemoCall, output: Output, finished: ReturnType<typeof toResponseObject>): Generator<Step> {
  const begun = toResponseObject(call, { status: 'in_progress', output: [], usage: null })
  yield { event: { type: 'response.created', response: begun } }
  yield { event: { type: 'response.in_progress', response: begun } }
  const opened = toOutputItem(call, output, { text: '', isOver: false })
  yield { event: { type: 'response.output_item.added', output_index: 0, item: opened } }
  yield* output.toolName === undefined ? sayText(opened.id, output) : sayArguments(opened.id, output)
  const item = toOutputItem(call, output, { text: output.pieces.join(''), isOver: true })
  yield { event: { type: 'response.output_item.done', output_index: 0, item } }
  yield { event: { type: `response.${finished.status}`, response: finished } }
}

function* sayText(itemId: string, { pieces }: Output): Generator<Step> {
  const place = { item_id: itemId, output_index: 0, content_index: 0 }
  const part = { type: 'output_text', annotations: [], logprobs: [], text: '' }
  const text = pieces.join('')
  yield { event: { type: 'response.content_part.added', ...place, part } }
  for (const [position, delta] of pieces.entries()) {
    yield { event: { type: 'response.output_text.delta', ...place, delta, logprobs: [] }, rests: position > 0 }
  }
  yield { event: { type: 'response.output_text.done', ...place, text, logprobs: [] } }
  yield { event: { type: 'response.content_part.done', ...place, part: { ...part, text } } }
}

function* sayArguments(itemId: string, { pieces }: Output): Generator<Step> {
  const place = { item_id: itemId, output_index: 0 }
  for (const [position, delta] of pieces.entries()) {
    yield { event: { type: 'response.function_call_arguments.delta', ...place, delta }, rests: position > 0 }
  }
  yield { event: { type: 'response.function_call_arguments.done', ...place, arguments: pieces.join('') } }
}
