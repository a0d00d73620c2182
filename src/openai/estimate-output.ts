import type { EventView } from '../core/event-view.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { StreamShape } from './operations.ts'

/** One of the last events of a stream, parsed where it could be. */
export interface ParsedEvent {
  /** Bytes. */
  readonly length: number
  readonly data: JsonObject | undefined
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
export function createOutputEstimate(shape: StreamShape): OutputEstimate {
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
      if (shape !== 'chat' && isDelta(event)) deltas += 1
    },
    toTokens(last) {
      if (shape !== 'chat') return deltas
      const silent = last.filter(({ data }) => textOf(data) === '')
      const hasFirst = count > last.length
      const events = count - silent.length - Number(hasFirst)
      const envelope = envelopeOf(last)
      if (events <= 0 || envelope === undefined) return Math.max(0, events)
      const rest = silent.reduce((sum, { length }) => sum - length, bytes - (hasFirst ? firstLength : 0))
      return Math.max(events, Math.ceil((rest - events * envelope) / 4))
    },
  }
}

/** What the last events have beside their text, in bytes. The most of it: some providers pad their events, so that their lengths tell nothing. */
function envelopeOf(last: readonly ParsedEvent[]): number | undefined {
  const samples = last.filter(({ data }) => textOf(data) !== '').map(lengthWithoutText)
  return samples.length === 0 ? undefined : Math.max(...samples)
}

function lengthWithoutText({ length, data }: ParsedEvent): number {
  const quoted = JSON.stringify(textOf(data))
  return length - (new TextEncoder().encode(quoted).length - '""'.length)
}

/** All text that an event of a chat or completion adds. */
function textOf(data: JsonObject | undefined): string {
  const choices = data?.choices
  return Array.isArray(choices) ? choices.map(choiceText).join('') : ''
}

function choiceText(choice: unknown): string {
  if (!isJsonObject(choice)) return ''
  const delta = isJsonObject(choice.delta) ? choice.delta : {}
  const calls = Array.isArray(delta.tool_calls) ? delta.tool_calls : []
  const written = calls.map((call: unknown) => (isJsonObject(call) && isJsonObject(call.function) ? call.function : {}))
  const texts: unknown[] = [choice.text, delta.content, delta.reasoning_content, delta.reasoning, delta.refusal]
  return [...texts, ...written.flatMap(({ name, arguments: text }: JsonObject) => [name, text])]
    .filter((text) => typeof text === 'string')
    .join('')
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
