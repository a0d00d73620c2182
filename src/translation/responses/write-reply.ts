import type { JsonObject } from '../../core/json.ts'
import { StringBuilder } from '../../core/string-builder.ts'
import { toCustomInput } from '../custom-input.ts'
import type { Block, Finish, ReplyContext, ReplyEvent, ReplyUsage, ReplyWriter } from '../reply.ts'
import { type Signature, toSignatureText } from '../signature.ts'
import { type OwnTool, readToolNames } from './tool-names.ts'

/**
 * Writes the events of Responses. Codex needs `response.created`, each `response.output_item.done` and
 * `response.completed`; OpenAI's SDK needs them all. Sources, read on 2026-11-30:
 * https://developers.openai.com/api/reference/resources/responses/streaming-events,
 * https://github.com/openai/codex/blob/main/codex-rs/codex-api/src/sse/responses.rs
 */
export function createResponsesWriter(context: ReplyContext): ReplyWriter {
  const names = readToolNames(context.request)
  const output: JsonObject[] = []
  let response = toResponse(context)
  let number = 0
  let item: OpenItem | undefined
  let text = new StringBuilder()
  /** Characters of the output that is complete, and of log probabilities. */
  let heldLength = 0
  let logprobs: JsonObject[] = []

  const toEvent = (type: string, data: JsonObject): JsonObject => ({ type, sequence_number: number++, ...data })

  /** An event of the open item. */
  const toItemEvent = (type: string, data: JsonObject): JsonObject =>
    toEvent(type, { item_id: item?.id, output_index: output.length, ...data })

  function openItem(block: Block): readonly JsonObject[] {
    text = new StringBuilder()
    logprobs = []
    item = toItem(block, `${context.id}${output.length}`, names)
    const added = toEvent('response.output_item.added', { output_index: output.length, item: item.toItem('', {}) })
    if (item.part === undefined || item.part.isLazy) return [added]
    return [added, toItemEvent(item.part.added, { ...item.part.at, part: item.part.toPart('', []) })]
  }

  function addDelta(event: Extract<ReplyEvent, { kind: 'delta' }>): readonly JsonObject[] {
    if (item === undefined) return []
    const { part } = item
    const isFirst = text.length === 0
    text.add(event.text)
    for (const logprob of event.logprobs ?? []) {
      logprobs.push(logprob)
      heldLength += JSON.stringify(logprob).length
    }
    if (item.isHeld) return []
    const first =
      isFirst && part?.isLazy === true ? [toItemEvent(part.added, { ...part.at, part: part.toPart('', []) })] : []
    const others = item.hasLogprobs ? { logprobs: event.logprobs ?? [] } : {}
    return [...first, toItemEvent(`${item.event}.delta`, { ...part?.at, delta: event.text, ...others })]
  }

  function closeItem(signature: Signature | undefined): readonly JsonObject[] {
    if (item === undefined) return []
    const { part, member } = item
    const whole = item.toWhole(text.toString())
    const written: JsonObject[] = []
    if (item.isHeld) written.push(toItemEvent(`${item.event}.delta`, { delta: whole }))
    if (part === undefined || !part.isLazy || whole !== '') {
      const others = item.hasLogprobs ? { logprobs } : {}
      written.push(toItemEvent(`${item.event}.done`, { ...part?.at, [member]: whole, ...others }))
      if (part !== undefined) written.push(toItemEvent(part.done, { ...part.at, part: part.toPart(whole, logprobs) }))
    }
    const complete = item.toItem(whole, { logprobs, signature, isComplete: true })
    written.push(toEvent('response.output_item.done', { output_index: output.length, item: complete }))
    output.push(complete)
    heldLength += itemLength + whole.length
    text = new StringBuilder()
    item = undefined
    return written
  }

  return {
    countsDeltas: true,
    get heldLength() {
      return heldLength + text.length
    },
    write(event) {
      switch (event.kind) {
        case 'delta':
          return addDelta(event)
        case 'start':
          response = { ...response, model: event.model ?? context.model }
          return ['response.created', 'response.in_progress'].map((type) => toEvent(type, { response }))
        case 'open':
          return openItem(event.block)
        case 'close':
          return closeItem(event.signature)
        case 'finish': {
          const reason = toIncompleteReason(event.finish)
          const status = reason === undefined ? 'completed' : 'incomplete'
          const end = {
            ...response,
            status,
            completed_at: reason === undefined ? context.now : null,
            incomplete_details: reason === undefined ? null : { reason },
            output,
            usage: event.usage === undefined ? null : toResponsesUsage(event.usage),
          }
          return [toEvent(`response.${status}`, { response: end })]
        }
        case 'error':
          return []
      }
    },
  }
}

/** Characters of an item without its text: ids, names, and a signature. */
const itemLength = 1_024

/** How an item of the output is written. */
interface OpenItem {
  readonly id: string
  /** The beginning of the names of its delta and of the end of its text. */
  readonly event: string
  /** The member of the last event that has the whole text. */
  readonly member: 'text' | 'refusal' | 'arguments' | 'input'
  readonly hasLogprobs?: boolean
  /** True if the deltas are not those of the item's own text. */
  readonly isHeld?: boolean
  readonly part?: ItemPart
  toWhole(text: string): string
  toItem(text: string, rest: ItemRest): JsonObject
}

interface ItemRest {
  readonly logprobs?: readonly JsonObject[]
  readonly signature?: Signature | undefined
  readonly isComplete?: boolean
}

/** The only part of an item's content, or of its summary. */
interface ItemPart {
  readonly added: string
  readonly done: string
  readonly at: JsonObject
  /** True if an item without text does not have the part. */
  readonly isLazy: boolean
  toPart(text: string, logprobs: readonly JsonObject[]): JsonObject
}

function toItem(block: Block, suffix: string, names: ReadonlyMap<string, OwnTool>): OpenItem {
  switch (block.kind) {
    case 'text':
    case 'refusal':
      return toMessage(block.kind, `msg_${suffix}`)
    case 'reasoning':
      return toReasoning(`rs_${suffix}`)
    case 'tool-call':
      return toCall(block, suffix, names.get(block.name))
  }
}

function toMessage(kind: 'text' | 'refusal', id: string): OpenItem {
  const toPart = (text: string, logprobs: readonly JsonObject[] = []): JsonObject =>
    kind === 'refusal' ? { type: 'refusal', refusal: text } : { type: 'output_text', text, annotations: [], logprobs }
  return {
    id,
    event: kind === 'refusal' ? 'response.refusal' : 'response.output_text',
    member: kind,
    hasLogprobs: kind === 'text',
    part: {
      added: 'response.content_part.added',
      done: 'response.content_part.done',
      at: { content_index: 0 },
      isLazy: false,
      toPart,
    },
    toWhole: (text) => text,
    toItem: (text, { logprobs, isComplete = false }) => ({
      id,
      type: 'message',
      status: isComplete ? 'completed' : 'in_progress',
      role: 'assistant',
      content: isComplete ? [toPart(text, logprobs)] : [],
    }),
  }
}

/** The reasoning is a summary, because Codex shows a summary and sends it back, and does neither with raw reasoning. */
function toReasoning(id: string): OpenItem {
  const toPart = (text: string): JsonObject => ({ type: 'summary_text', text })
  return {
    id,
    event: 'response.reasoning_summary_text',
    member: 'text',
    part: {
      added: 'response.reasoning_summary_part.added',
      done: 'response.reasoning_summary_part.done',
      at: { summary_index: 0 },
      isLazy: true,
      toPart,
    },
    toWhole: (text) => text,
    toItem: (text, { signature }) => ({
      id,
      type: 'reasoning',
      summary: text === '' ? [] : [toPart(text)],
      ...(signature !== undefined && { encrypted_content: toSignatureText(signature, 'responses') }),
    }),
  }
}

function toCall(
  { id: callId, name: flat, isCustom: isText = false }: Extract<Block, { kind: 'tool-call' }>,
  suffix: string,
  own: OwnTool | undefined,
): OpenItem {
  const { name = flat, namespace, isCustom = isText } = own ?? {}
  const id = isCustom ? `ctc_${suffix}` : `fc_${suffix}`
  const member = isCustom ? 'input' : 'arguments'
  return {
    id,
    event: isCustom ? 'response.custom_tool_call_input' : 'response.function_call_arguments',
    member,
    // The model called a function with the text in one string, whose JSON is no input of a custom tool.
    isHeld: isCustom && !isText,
    toWhole(text) {
      if (isCustom) return isText ? text : toCustomInput(text)
      return text === '' ? '{}' : text
    },
    toItem: (text, { isComplete = false }) => ({
      id,
      type: isCustom ? 'custom_tool_call' : 'function_call',
      status: isComplete ? 'completed' : 'in_progress',
      call_id: callId,
      name,
      ...(namespace !== undefined && { namespace }),
      [member]: text,
    }),
  }
}

/** The fields of a request that its response repeats, with OpenAI's defaults. */
const repeated: JsonObject = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  temperature: null,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: null,
  truncation: 'disabled',
  user: null,
}

function toResponse({ request, id, now, model }: ReplyContext): JsonObject {
  const own = Object.entries(repeated).map(([name, fallback]) => [name, request[name] ?? fallback])
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: now,
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    model,
    output: [],
    previous_response_id: null,
    store: false,
    usage: null,
    ...Object.fromEntries(own),
  }
}

function toIncompleteReason({ reason }: Finish): string | undefined {
  if (reason === 'length') return 'max_output_tokens'
  return reason === 'filter' ? 'content_filter' : undefined
}

function toResponsesUsage({ counts, cost }: ReplyUsage): JsonObject {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 } = counts
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
    ...(cost !== undefined && { cost }),
  }
}
