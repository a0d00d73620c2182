import type { JsonObject } from '../core/json.ts'
import type { EventView } from '../sse/split-events.ts'
import type { EventFormat } from './dialect.ts'

/** One of the last events of a stream, parsed if possible. */
export interface ParsedEvent {
  /** Length in bytes. */
  readonly length: number
  readonly data: JsonObject | undefined
  /** True if the event was not kept, which leaves its data unknown. */
  readonly isOmitted?: boolean
}

/** Estimates the output of a stream whose provider reports no usage. */
export interface OutputEstimate {
  /** Adds an event with data. `data` is that of the first event, parsed if possible. */
  add(event: EventView, data: JsonObject | undefined): void
  /** Estimates the tokens from all events and the last ones. Error events are not output (R05). */
  toTokens(last: readonly ParsedEvent[]): number
}

/**
 * Creates an estimate from event lengths, because parsing every event would double the cost of a stream.
 *
 * - The events of a chat stream share an envelope, whose length follows from the last events. The rest is text, at four
 *   bytes per token and at least one token per event with text. The first event has an envelope of its own.
 * - Other event formats vary too much: there, each delta event counts as one token.
 */
export function createOutputEstimate({ estimatedBy, textOf: textOfData }: EventFormat): OutputEstimate {
  const isByText = estimatedBy === 'text'
  const textOf = (data: JsonObject | undefined) => (data === undefined ? '' : textOfData(data))
  let count = 0
  let bytes = 0
  let firstLength = 0
  let firstText = ''
  let deltas = 0
  return {
    add(event, data) {
      const length = event.end - event.start
      if (count === 0) {
        firstLength = length
        firstText = isByText ? textOf(data) : ''
      }
      count += 1
      bytes += length
      if (!isByText && isDelta(event)) deltas += 1
    },
    toTokens(last) {
      if (!isByText) return deltas
      const known = last
        .filter(({ isOmitted }) => isOmitted !== true)
        .map(({ length, data }) => ({ length, text: textOf(data) }))
      const silent = known.filter(({ text }) => text === '')
      const hasFirst = count > last.length
      const first = hasFirst ? Math.ceil(lengthOfJson(firstText) / 4) : 0
      const events = count - silent.length - Number(hasFirst)
      // Uses the longest envelope, because some providers pad their events to hide the length of the text.
      const envelopes = known.filter(({ text }) => text !== '').map(({ length, text }) => length - lengthOfJson(text))
      if (events <= 0 || envelopes.length === 0) return first + Math.max(0, events)
      const envelope = Math.max(...envelopes)
      const rest = silent.reduce((sum, { length }) => sum - length, bytes - (hasFirst ? firstLength : 0))
      return first + Math.max(events, Math.ceil((rest - events * envelope) / 4))
    },
  }
}

const encoder = new TextEncoder()

/** Returns the bytes of a string in JSON, without its quotes. */
function lengthOfJson(text: string): number {
  return encoder.encode(JSON.stringify(text)).length - '""'.length
}

const deltaSuffix = [...'.delta'].map((character) => character.charCodeAt(0))
/** Bytes searched for the type, which is in the event's name or at the start of its data. */
const searchedBytes = 120

function isDelta({ bytes, start, end }: EventView): boolean {
  const last = Math.min(end, start + searchedBytes) - deltaSuffix.length
  for (let at = start; at <= last; at++) {
    if (deltaSuffix.every((code, index) => bytes[at + index] === code)) return true
  }
  return false
}
