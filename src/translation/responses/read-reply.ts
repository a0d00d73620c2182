import { isJsonObject, type JsonObject, toOptionalString } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { responses } from '../../dialects/responses.ts'
import { addUsage } from '../../dialects/stream-reader.ts'
import { readCost } from '../read-cost.ts'
import { readErrorFacts } from '../read-error-facts.ts'
import type { Block, Finish, ReplyEvent, ReplyReader } from '../reply.ts'
import { readSignatureText, type Signature } from '../signature.ts'
import { toFlatName } from './tool-names.ts'

/**
 * Reads the events of Responses. Others than these, such as those of hosted tools, have no meaning elsewhere.
 * Source: https://developers.openai.com/api/reference/resources/responses/streaming-events, read on 2026-11-30.
 */
export function createResponsesReader(): ReplyReader {
  let hasStarted = false
  let hasEnded = false
  let hasCalls = false
  let open: Block['kind'] | undefined
  /** The part of its item that the last delta belonged to. */
  let openPart: string | undefined
  /** The item that is being read. Events of others wait until it is done, because blocks follow each other. */
  let current: unknown
  const waiting = new Map<unknown, JsonObject[]>()
  const done = new Set<unknown>()
  /** The parts of the item that had deltas. */
  let written = new Set<string>()
  let finish: Finish | undefined
  let counts: Usage | undefined
  let cost: number | null | undefined
  let events: ReplyEvent[] = []
  let waitingLength = 0

  function start({ id, model }: JsonObject): void {
    if (hasStarted) return
    hasStarted = true
    events.push({ kind: 'start', id: toOptionalString(id), model: toOptionalString(model) })
  }

  function openBlock(block: Block): void {
    close()
    open = block.kind
    if (block.kind === 'tool-call') hasCalls = true
    events.push({ kind: 'open', block })
  }

  function close(signature?: Signature): void {
    if (open === undefined) return
    events.push({ kind: 'close', signature })
    open = undefined
    openPart = undefined
  }

  function addText(kind: 'text' | 'reasoning' | 'refusal', part: string, text: unknown, logprobs?: unknown): void {
    if (typeof text !== 'string' || text === '') return
    if (open !== kind || (openPart !== part && kind !== 'reasoning')) openBlock({ kind })
    // The parts of a summary are paragraphs of one text.
    else if (openPart !== part) events.push({ kind: 'delta', text: '\n\n' })
    openPart = part
    written.add(part)
    const list = Array.isArray(logprobs) && logprobs.length > 0 ? logprobs.filter(isJsonObject) : undefined
    events.push({ kind: 'delta', text, logprobs: list })
  }

  function openCall({ type, call_id: id, name, namespace }: JsonObject): void {
    openBlock({
      kind: 'tool-call',
      id: toOptionalString(id) ?? '',
      name: toFlatName(toOptionalString(name) ?? '', toOptionalString(namespace)),
      ...(type === 'custom_tool_call' && { isCustom: true }),
    })
  }

  function addInput(text: unknown): void {
    if (open !== 'tool-call' || typeof text !== 'string' || text === '') return
    written.add('input')
    events.push({ kind: 'delta', text })
  }

  function readEvent({
    type,
    item,
    delta,
    logprobs,
    content_index: contentIndex,
    summary_index: summaryIndex,
  }: JsonObject): void {
    const content = typeof contentIndex === 'number' ? contentIndex : 0
    const summary = typeof summaryIndex === 'number' ? summaryIndex : 0
    switch (type) {
      case 'response.output_item.added':
        if (isJsonObject(item) && isCall(item)) openCall(item)
        break
      case 'response.output_text.delta':
        addText('text', `content ${content}`, delta, logprobs)
        break
      case 'response.refusal.delta':
        addText('refusal', `content ${content}`, delta)
        break
      case 'response.reasoning_summary_text.delta':
        addText('reasoning', `summary ${summary}`, delta)
        break
      case 'response.reasoning_text.delta':
        addText('reasoning', `content ${content}`, delta)
        break
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        addInput(delta)
        break
      case 'response.output_item.done':
        if (isJsonObject(item)) endItem(item)
        break
    }
  }

  /** Reads what a finished item has in addition to its deltas: all of it from a server that sends none. */
  function endItem(item: JsonObject): void {
    const { type, id, arguments: input, input: text = input, encrypted_content: encrypted } = item
    if (type === 'message') {
      for (const [index, part] of partsOf(item.content))
        if (!written.has(`content ${index}`))
          addText(
            part.type === 'refusal' ? 'refusal' : 'text',
            `content ${index}`,
            part.refusal ?? part.text,
            part.logprobs,
          )
    } else if (isCall(item)) {
      if (open !== 'tool-call') openCall(item)
      if (!written.has('input')) addInput(text)
    } else if (type === 'reasoning') {
      for (const name of ['summary', 'content'] as const)
        for (const [index, part] of partsOf(item[name]))
          if (!written.has(`${name} ${index}`)) addText('reasoning', `${name} ${index}`, part.text)
      if (typeof encrypted === 'string' && encrypted !== '') {
        if (open !== 'reasoning') openBlock({ kind: 'reasoning' })
        const signature = readSignatureText(encrypted, 'responses')
        close(signature.dialect === 'responses' ? { id: toOptionalString(id), ...signature } : signature)
      }
    }
    close()
    written = new Set()
  }

  function readInTurn(data: JsonObject): void {
    const { type, output_index: key } = data
    if (current === undefined) current = key
    if (key !== current) {
      const held = waiting.get(key)
      if (held === undefined) waiting.set(key, [data])
      else held.push(data)
      waitingLength += eventLength + JSON.stringify(data).length
      return
    }
    readEvent(data)
    if (type !== 'response.output_item.done') return
    done.add(key)
    current = undefined
    readNext()
  }

  /** Reads the events of the first item that waits. */
  function readNext(): void {
    const [key] = [...waiting.keys()].sort((one, other) => Number(one) - Number(other))
    const held = waiting.get(key) ?? []
    waiting.delete(key)
    if (waiting.size === 0) waitingLength = 0
    for (const data of held) readInTurn(data)
  }

  /** Reads the end of a response, with the items that had no events of their own. */
  function readEnd(response: JsonObject): void {
    const output = [...partsOf(response.output)]
    while (current !== undefined || waiting.size > 0) {
      const item = typeof current === 'number' ? output[current]?.[1] : undefined
      if (current !== undefined) {
        done.add(current)
        if (item === undefined) close()
        else endItem(item)
      }
      current = undefined
      readNext()
    }
    for (const [index, item] of output) if (!done.has(index)) endItem(item)
    const { usage } = response
    if (isJsonObject(usage)) cost = readCost(usage, cost)
    finish = toFinish(response, hasCalls)
  }

  return {
    get heldLength() {
      return waitingLength + positionLength * (done.size + written.size)
    },
    read(data) {
      events = []
      const { type, response } = data
      counts = addUsage(counts, responses.events.usageOf(data))
      if (isJsonObject(response)) {
        if (response.status === 'failed') return [{ kind: 'error', error: readErrorFacts({ response }, undefined) }]
        start(response)
        if (type === 'response.completed' || type === 'response.incomplete') readEnd(response)
      } else if (typeof data.output_index === 'number') readInTurn(data)
      return events
    },
    end() {
      if (hasEnded || finish === undefined) return []
      hasEnded = true
      return [{ kind: 'finish', finish, usage: counts && { counts, cost } }]
    },
  }
}

/** Characters of an event that waits, without its text, and of a position that was read. */
const eventLength = 1_024
const positionLength = 64

function isCall({ type }: JsonObject): boolean {
  return type === 'function_call' || type === 'custom_tool_call'
}

/** Returns the objects of a list with their positions. */
function partsOf(list: unknown): readonly (readonly [number, JsonObject])[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((part, index) => (isJsonObject(part) ? [[index, part] as const] : []))
}

function toFinish({ status, incomplete_details: details }: JsonObject, hasCalls: boolean): Finish {
  const cause = isJsonObject(details) ? details.reason : undefined
  const raw = toOptionalString(cause) ?? toOptionalString(status) ?? 'completed'
  if (cause === 'content_filter') return { reason: 'filter', raw }
  if (status === 'incomplete') return { reason: 'length', raw }
  return { reason: hasCalls ? 'tool-calls' : 'stop', raw }
}
