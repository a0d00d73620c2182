import type { JsonObject } from '../core/json.ts'
import type { EventView } from '../sse/split-events.ts'
import type { EventFormat } from './dialect.ts'

/** One of the last events of a stream, parsed where it could be. */
export interface ParsedEvent {
  /** Bytes. */
  readonly length: number
  readonly data: JsonObject | undefined
  /** It was not kept: its data is not known. */
  readonly isLeftOut?: boolean
}

/** Counts what a stream puts out, where its provider does not. */
export interface OutputEstimate {
  /** An event that carries data. */
  add(event: EventView): void
  /** Tokens, by the events that came and the last of them. What tells of an error is no output (R05). */
  toTokens(last: readonly ParsedEvent[]): number
}

/**
 * By the lengths of events alone, since parsing each would double the cost of a stream. The events of a chat stream share an envelope, whose
 * length the last events tell; what they have beyond it is text, four bytes a token. An event with text holds one token at least. The
 * first event says who speaks. Events of other shapes differ too much: there, each piece of text is taken for a token.
 */
export function createOutputEstimate({ estimatedBy, textOf: textOfData }: EventFormat): OutputEstimate {
  const isByText = estimatedBy === 'text'
  const textOf = (data: JsonObject | undefined) => (data === undefined ? '' : textOfData(data))
  let count = 0
  let bytes = 0
  let firstLength = 0
  let deltas = 0
  return {
    add(event) {
      const length = event.end - event.start
      if (count === 0) firstLength = length
      count += 1
      bytes += length
      if (!isByText && isDelta(event)) deltas += 1
    },
    toTokens(last) {
      if (!isByText) return deltas
      const known = last
        .filter(({ isLeftOut }) => isLeftOut !== true)
        .map(({ length, data }) => ({ length, text: textOf(data) }))
      const silent = known.filter(({ text }) => text === '')
      const hasFirst = count > last.length
      const events = count - silent.length - Number(hasFirst)
      // The most that an event has beside its text: some providers pad their events, so that their lengths tell nothing.
      const envelopes = known.filter(({ text }) => text !== '').map(({ length, text }) => length - lengthOfJson(text))
      if (events <= 0 || envelopes.length === 0) return Math.max(0, events)
      const envelope = Math.max(...envelopes)
      const rest = silent.reduce((sum, { length }) => sum - length, bytes - (hasFirst ? firstLength : 0))
      return Math.max(events, Math.ceil((rest - events * envelope) / 4))
    },
  }
}

const encoder = new TextEncoder()

/** Bytes of a text as JSON has it, without its quotes. */
function lengthOfJson(text: string): number {
  return encoder.encode(JSON.stringify(text)).length - '""'.length
}

const mark = [...'.delta'].map((character) => character.charCodeAt(0))
/** The type stands in the event's name or at the front of its data. */
const markWithin = 120

function isDelta({ bytes, start, end }: EventView): boolean {
  const last = Math.min(end, start + markWithin) - mark.length
  for (let at = start; at <= last; at++) {
    if (mark.every((code, index) => bytes[at + index] === code)) return true
  }
  return false
}
