import type { EventView } from '../core/event-view.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { StreamShape } from './operations.ts'
import { readUsage } from './read-usage.ts'

/** Watches the events of one stream pass. */
export interface StreamReader {
  /** Looks at one event; `false` keeps it from the caller. */
  see(event: EventView): boolean
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
}

/** How many of the last events are kept by reference; the finish reason and the usage are always among them. */
const keptEvents = 4
/** `data: [DONE]` with its blank line; nothing longer is looked at. */
const doneLength = 24

const decoder = new TextDecoder()

/**
 * Reads a stream without parsing it: only an event that reports usage, and at the end the last few, are decoded.
 * With `hidesUsage`, the usage chunk that Weir itself asked for (`choices: []`) does not reach the caller.
 * Source: https://platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options
 */
export function createStreamReader(shape: StreamShape, hidesUsage: boolean): StreamReader {
  const last: EventView[] = []
  let ended = false
  let usage: Usage | undefined

  function seeUsage(event: EventView): boolean {
    const data = parseEvent(event)
    if (data === undefined) return true
    const found = readUsage(usageOf(data))
    if (found !== undefined) usage = found
    const isUsageOnly = found !== undefined && Array.isArray(data.choices) && data.choices.length === 0
    return !(hidesUsage && isUsageOnly)
  }

  return {
    see(event) {
      if (!event.hasData) return true
      if (event.end - event.start <= doneLength && textOf(event).includes('[DONE]')) {
        ended = true
        return true
      }
      last.push(event)
      if (last.length > keptEvents) last.shift()
      return shape === 'chat' && event.mayHaveUsage ? seeUsage(event) : true
    },
    hasEnded: () => ended,
    summarise() {
      const events = last.map(parseEvent).filter((data) => data !== undefined)
      const hasError = events.some((data) => isJsonObject(data.error) || data.type === 'error')
      const finishReason = lastDefined(events.map((data) => finishOf(data, shape)))
      const lateUsage = lastDefined(events.map((data) => readUsage(usageOf(data))))
      return { isComplete: ended || finishReason !== undefined, hasError, usage: usage ?? lateUsage, finishReason }
    },
  }
}

/** The JSON object in an event's data lines, if it is one. */
function parseEvent(event: EventView): JsonObject | undefined {
  const data = textOf(event)
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n')
  try {
    const value: unknown = JSON.parse(data)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
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
