import { isJsonObject } from '../../core/json.ts'
import { checkListLength, type DemoCall, readCount } from './call.ts'
import { countInputTokens, countWords, type Output, planOutputs } from './plan-output.ts'
import { type Frame, type Reply, toDataEvent, toEventReply, toJsonReply } from './reply.ts'

/** OpenAI's maximum `n`; for text completions the maximum number of choices of all prompts. */
const maxChoices = 128

/** `POST /chat/completions`. */
export function completeChat(call: DemoCall): Reply {
  const { body, model } = call
  const messages: readonly unknown[] = Array.isArray(body.messages) ? body.messages : []
  const turns = messages.filter(isJsonObject).map(({ role, content }) => ({ role: String(role), content }))
  const outputs = planOutputs(
    {
      model,
      turns,
      tools: body.tools,
      toolChoice: body.tool_choice,
      format: body.response_format,
      maxTokens: body.max_completion_tokens ?? body.max_tokens,
      stop: body.stop,
    },
    readCount(body.n, maxChoices),
  )
  const usage = toUsage(countInputTokens(turns, [body.tools, body.response_format]), outputs)

  function toToolCall(name: string, args: string, index: number) {
    return { id: `call_demo_${call.id}_${index}`, type: 'function', function: { name, arguments: args } }
  }

  return toReply(call, outputs, usage, {
    id: `chatcmpl-demo-${call.id}`,
    object: 'chat.completion',
    chunkObject: 'chat.completion.chunk',
    tail: { service_tier: 'default', system_fingerprint: 'weir-demo' },
    toWhole({ toolName }, text, index) {
      const content =
        toolName === undefined ? { content: text } : { content: null, tool_calls: [toToolCall(toolName, text, index)] }
      return { message: { role: 'assistant', ...content, refusal: null, annotations: [] } }
    },
    toOpening({ toolName }, index) {
      if (toolName === undefined) return { delta: { role: 'assistant', content: '', refusal: null } }
      const toolCall = { index: 0, ...toToolCall(toolName, '', index) }
      return { delta: { role: 'assistant', content: null, tool_calls: [toolCall], refusal: null } }
    },
    toPiece({ toolName }, piece) {
      if (toolName === undefined) return { delta: { content: piece } }
      return { delta: { tool_calls: [{ index: 0, function: { arguments: piece } }] } }
    },
    ending: { delta: {} },
  })
}

/** `POST /completions`, the older sibling of chat. */
export function completeText(call: DemoCall): Reply {
  const { body, model } = call
  const prompts = readPrompts(body.prompt)
  const count = readCount(body.n, maxChoices)
  checkListLength(prompts.length * count, maxChoices, 'prompt')
  const outputs = prompts.flatMap((prompt) => {
    const turns = [{ role: 'user', content: prompt }]
    const planned = planOutputs({ model, turns, maxTokens: body.max_tokens, stop: body.stop }, count)
    return body.echo === true ? planned.map((output) => ({ ...output, pieces: [prompt, ...output.pieces] })) : planned
  })
  const inputTokens = prompts.reduce((sum, prompt) => sum + countWords(prompt), 0)
  return toReply(call, outputs, toUsage(inputTokens, outputs), {
    id: `cmpl-demo-${call.id}`,
    object: 'text_completion',
    chunkObject: 'text_completion',
    tail: { system_fingerprint: 'weir-demo' },
    toWhole: (_output, text) => ({ text }),
    toPiece: (_output, piece) => ({ text: piece }),
    ending: { text: '' },
  })
}

/** Reads a string, a list of strings, or the same as token numbers, which the demo cannot decode. */
function readPrompts(prompt: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(prompt) && prompt.length > 0 ? prompt : [prompt]
  if (list.every((entry) => typeof entry === 'number')) return [list.join(' ')]
  return list.map((entry) => (Array.isArray(entry) ? entry.join(' ') : String(entry ?? '')))
}

/** The differences of the two endpoints: the parts of a choice beside its index and finish reason. */
interface Form {
  readonly id: string
  readonly object: string
  readonly chunkObject: string
  readonly tail: object
  toWhole(output: Output, text: string, index: number): object
  toOpening?(output: Output, index: number): object
  toPiece(output: Output, piece: string): object
  readonly ending: object
}

function toReply({ body, created, model }: DemoCall, outputs: readonly Output[], usage: object, form: Form): Reply {
  const { id, tail } = form
  if (body.stream === true) {
    const options = body.stream_options
    const includesUsage = isJsonObject(options) && options.include_usage === true
    const head = { id, object: form.chunkObject, created, model, ...tail }
    return toEventReply(toChunks(head, outputs, includesUsage ? usage : undefined, form))
  }
  const choices = outputs.map((output, index) => ({
    index,
    ...form.toWhole(output, output.pieces.join(''), index),
    logprobs: null,
    finish_reason: toFinishReason(output),
  }))
  return toJsonReply({ id, object: form.object, created, model, choices, usage, ...tail })
}

/** Interleaves the choices, as OpenAI does. */
function* toChunks(head: object, outputs: readonly Output[], usage: object | undefined, form: Form): Generator<Frame> {
  function toChunk(index: number, part: object, pauses = false, finishReason: string | null = null): Frame {
    const choices = [{ index, ...part, logprobs: null, finish_reason: finishReason }]
    // If the last chunk reports usage, OpenAI sends `usage: null` in all others.
    return toDataEvent({ ...head, choices, ...(usage !== undefined && { usage: null }) }, pauses)
  }

  for (const [index, output] of outputs.entries()) {
    if (form.toOpening !== undefined) yield toChunk(index, form.toOpening(output, index))
  }
  const longest = Math.max(...outputs.map(({ pieces }) => pieces.length))
  for (let position = 0; position < longest; position += 1) {
    let pauses = position > 0
    for (const [index, output] of outputs.entries()) {
      const piece = output.pieces[position]
      if (piece === undefined) continue
      yield toChunk(index, form.toPiece(output, piece), pauses)
      pauses = false
    }
  }
  for (const [index, output] of outputs.entries()) yield toChunk(index, form.ending, false, toFinishReason(output))
  if (usage !== undefined) yield toDataEvent({ ...head, choices: [], usage })
  yield { data: 'data: [DONE]\n\n', pauses: false }
}

function toFinishReason({ isWhole, toolName }: Output): 'length' | 'tool_calls' | 'stop' {
  if (!isWhole) return 'length'
  return toolName === undefined ? 'stop' : 'tool_calls'
}

/** A token is a word of `splitWords`. */
function toUsage(inputTokens: number, outputs: readonly Output[]) {
  const outputTokens = outputs.reduce((sum, { pieces }) => sum + pieces.length, 0)
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
