import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import type { DemoCall, DemoReply, Frame } from '../demo-call.ts'
import { doneEvent } from '../wire/done-event.ts'
import { readCount } from '../wire/read-count.ts'
import { refuseLongList } from '../wire/refuse-long-list.ts'
import { toDataEvent } from '../wire/to-data-event.ts'
import { toEventReply } from '../wire/to-event-reply.ts'
import { toJsonReply } from '../wire/to-json-reply.ts'
import { countWords } from './count-words.ts'
import { type Output, planOutput } from './plan-output.ts'
import { readConversation } from './read-conversation.ts'
import { readLimit } from './read-limit.ts'
import { readStop } from './read-stop.ts'
import { toCompletionUsage } from './to-completion-usage.ts'
import { toFinishReason } from './to-finish-reason.ts'

/** OpenAI's limit on `n`; here on all choices, of all prompts. */
const mostChoices = 128

/** `POST /completions`, the older sibling of chat. */
export function completeText(call: DemoCall): DemoReply {
  const { body } = call
  const prompts = readPrompts(body.prompt)
  const count = readCount(body.n, { least: 1, most: mostChoices, otherwise: 1 })
  refuseLongList(prompts.length * count, mostChoices, 'prompt')
  const outputs = prompts.flatMap((prompt) =>
    Array.from({ length: count }, (_, index) => planText(call.model, body, { prompt, index })),
  )
  const inputTokens = prompts.reduce((sum, prompt) => sum + countWords(prompt), 0)
  const usage = toCompletionUsage(inputTokens, outputs)
  const head = {
    id: `cmpl-demo-${call.id}`,
    object: 'text_completion',
    created: call.created,
    model: call.model,
    system_fingerprint: 'weir-demo',
  }
  if (body.stream === true) {
    const options = body.stream_options
    const includesUsage = isJsonObject(options) && options.include_usage === true
    return toEventReply(streamText(head, outputs, includesUsage ? usage : undefined))
  }
  const choices = outputs.map((output, index) => toChoice(index, output.pieces.join(''), toFinishReason(output)))
  return toJsonReply({ ...head, choices, usage })
}

function* streamText(head: object, outputs: readonly Output[], usage: object | undefined): Generator<Frame> {
  const noUsage = usage === undefined ? {} : { usage: null }
  for (const [index, output] of outputs.entries()) {
    for (const [position, piece] of output.pieces.entries()) {
      yield toDataEvent({ ...head, choices: [toChoice(index, piece, null)], ...noUsage }, position > 0)
    }
    yield toDataEvent({ ...head, choices: [toChoice(index, '', toFinishReason(output))], ...noUsage })
  }
  if (usage !== undefined) yield toDataEvent({ ...head, choices: [], usage })
  yield doneEvent
}

function planText(
  model: string,
  body: JsonObject,
  { prompt, index }: { readonly prompt: string; readonly index: number },
): Output {
  const output = planOutput(
    {
      model,
      conversation: readConversation([{ role: 'user', content: prompt }]),
      tools: [],
      toolChoice: { kind: 'none' },
      format: { kind: 'text' },
      maxTokens: readLimit(body.max_tokens),
      stop: readStop(body.stop),
      inputTokens: 0,
    },
    index,
  )
  return body.echo === true ? { ...output, pieces: [prompt, ...output.pieces] } : output
}

/** A text, a list of texts, or the same as token numbers, which the demo has no table to read. */
function readPrompts(prompt: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(prompt) ? prompt : [prompt]
  if (list.length > 0 && list.every((entry) => typeof entry === 'number')) return [list.join(' ')]
  const texts = list.map((entry) => (Array.isArray(entry) ? entry.join(' ') : String(entry ?? '')))
  return texts.length === 0 ? [''] : texts
}

function toChoice(index: number, text: string, finishReason: string | null) {
  return { text, index, logprobs: null, finish_reason: finishReason }
}
