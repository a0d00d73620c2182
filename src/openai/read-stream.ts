import type { EventView } from '../core/event-view.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { editJsonAt } from './edit-json.ts'
import { createOutputEstimate } from './estimate-output.ts'
import type { StreamShape } from './operations.ts'
import { readUsage } from './read-usage.ts'

/** Watches the events of one stream pass. */
export interface StreamReader {
  /** Looks at one event; `false` keeps it from the caller, bytes go to the caller in its place. */
  see(event: EventView): boolean | Uint8Array
  /** True once the event came after which nothing may follow (`data: [DONE]`). */
  hasEnded(): boolean
  /** Everything that can be told at the end. */
  summarise(): StreamSummary
}

export interface StreamSummary {
  /** True if the stream reached its own end: `[DONE]`, a finish reason, or its closing event. */
  readonly isComplete: boolean
  /** True if the upstream itself reported an error in the stream. */
  readonly hasError: boolean
  readonly usage: Usage | undefined
  readonly finishReason: string | undefined
  /** Tokens of output that have passed, estimated where nobody counts; without what the upstream said of an error (R05). */
  readonly producedTokens: number | undefined
}

/** How many of the last events are kept by reference, in turn in their places; the finish reason and the usage are always among them. */
const keptEvents = 4
/** `data: [DONE]` with its blank line; nothing longer is looked at. */
const doneLength = 24

/** Nearly every event is one line. */
const soleLine = /^data:(.*)\n\n$/

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Reads a stream without parsing it: only an event that reports usage, and at the end the last few, are decoded.
 * With `hidesUsage`, the usage chunk that Weir itself asked for (`choices: []`) does not reach the caller. With `toCost`, what that says of a
 * usage stands in it as `cost` on its way to the caller.
 * Source: https://platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options
 */
export function createStreamReader(
  shape: StreamShape,
  hidesUsage: boolean,
  toCost?: (usage: Usage) => number | null,
): StreamReader {
  const last: EventView[] = []
  let seen = 0
  const output = createOutputEstimate(shape)
  let ended = false
  let usage: Usage | undefined

  function seeUsage(event: EventView): boolean | Uint8Array {
    const data = parseEvent(event)
    const found = data && readUsage(usageOf(data))
    if (data === undefined || found === undefined) return true
    usage = found
    if (hidesUsage && Array.isArray(data.choices) && data.choices.length === 0) return false
    return toCost === undefined ? true : withCost(event, data, toCost(found))
  }

  return {
    see(event) {
      if (!event.hasData) return true
      if (event.end - event.start <= doneLength && textOf(event).includes('[DONE]')) {
        ended = true
        return true
      }
      output.add(event)
      last[seen % keptEvents] = event
      seen += 1
      return (shape === 'chat' || toCost !== undefined) && event.mayHaveUsage ? seeUsage(event) : true
    },
    hasEnded: () => ended,
    summarise() {
      const oldest = seen % keptEvents
      const inOrder = [...last.slice(oldest), ...last.slice(0, oldest)]
      const parsed = inOrder.map((event) => ({ length: event.end - event.start, data: parseEvent(event) }))
      const events = parsed.map(({ data }) => data).filter((data) => data !== undefined)
      const finishReason = lastDefined(events.map((data) => finishOf(data, shape)))
      const counted = usage ?? lastDefined(events.map((data) => readUsage(usageOf(data))))
      return {
        isComplete: ended || finishReason !== undefined,
        hasError: events.some(isError),
        usage: counted,
        finishReason,
        producedTokens: counted === undefined ? output.toTokens(parsed) : undefined,
      }
    },
  }
}

function isError({ error, type }: JsonObject): boolean {
  return isJsonObject(error) || type === 'error' || type === 'response.failed'
}

/** The event with `cost` in its usage. Its lines may end otherwise than they did. */
function withCost(event: EventView, data: JsonObject, cost: number | null): Uint8Array {
  const path = isJsonObject(data.response) ? ['response', 'usage'] : ['usage']
  const edited = editJsonAt(dataOf(event), path, { cost })
  const others = linesOf(textOf(event)).filter((line) => !line.startsWith('data:') && line !== '')
  return encoder.encode(`${[...others, ...edited.split('\n').map((line) => `data:${line}`)].join('\n')}\n\n`)
}

/** The JSON object in an event's data lines, if it is one. */
function parseEvent(event: EventView): JsonObject | undefined {
  const data = dataOf(event)
  try {
    const value: unknown = JSON.parse(data)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function dataOf(event: EventView): string {
  const text = textOf(event)
  const only = soleLine.exec(text)?.[1]
  return only ?? joinData(linesOf(text))
}

function joinData(lines: readonly string[]): string {
  return lines
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n')
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/)
}

function textOf(event: EventView): string {
  return decoder.decode(event.bytes.subarray(event.start, event.end))
}

/** Chat and audio report usage at the top; Responses inside `response`. */
function usageOf(data: JsonObject): unknown {
  const response = data.response
  return isJsonObject(response) ? response.usage : data.usage
}

function finishOf(data: JsonObject, shape: StreamShape): string | undefined {
  if (shape === 'chat') return finishOfChoices(data.choices)
  const type = data.type
  if (typeof type !== 'string') return undefined
  if (shape === 'responses') return /^response\.(completed|incomplete|failed)$/.exec(type)?.[1]
  return /\.(completed|done)$/.exec(type)?.[1]
}

function finishOfChoices(choices: unknown): string | undefined {
  if (!Array.isArray(choices)) return undefined
  return lastDefined(
    choices.map((choice: unknown) => {
      const reason = isJsonObject(choice) ? choice.finish_reason : undefined
      return typeof reason === 'string' && reason !== '' ? reason : undefined
    }),
  )
}

function lastDefined<Value>(values: readonly (Value | undefined)[]): Value | undefined {
  return values.findLast((value) => value !== undefined)
}
