import { concat } from '../core/byte-stream.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { toSearchable } from '../core/search-bytes.ts'
import { isUncounted, type Usage } from '../core/usage.ts'
import { editJsonAt } from '../openai/edit-json.ts'
import { outlineAtOnce } from '../openai/outline-json.ts'
import { toEventData, toEventLines } from '../sse/event-stream.ts'
import type { EventView } from '../sse/split-events.ts'
import type { EventFormat } from './dialect.ts'
import { createOutputEstimate } from './estimate-output.ts'

/** Observes the events of one stream as they pass. */
export interface StreamReader {
  /** Reads one event. Returns `true` to pass it, `false` to drop it, or bytes that replace it. */
  see(event: EventView): boolean | Uint8Array
  /** True after the terminator (`data: [DONE]`). */
  hasEnded(): boolean
  /** True after the first content event. */
  hasContent(): boolean
  /** True after the first event with output for the caller; always, unless the reader looks for it. */
  hasOutput(): boolean
  /** Summarises the stream at its end. */
  summarise(): StreamSummary
  /** Returns the bytes of the events that it holds. Not a getter, which would give each reader a separate V8 shape. */
  heldBytes(): number
}

export interface StreamSummary {
  /** True if the stream reached its end: `[DONE]`, a finish reason, or its last event. */
  readonly isComplete: boolean
  /** True if the stream had only comments and `[DONE]`; false for events that Weir does not understand (case A18). */
  readonly isEmpty: boolean
  /** The event in which the upstream reported an error. */
  readonly failure: JsonObject | undefined
  readonly usage: Usage | undefined
  readonly finishReason: string | undefined
  /** Number of completed pictures, if the stream reports them as events. */
  readonly pictures: number | undefined
  /** Estimated output tokens, if the provider did not count them; excludes error texts (R05). */
  readonly producedTokens: number | undefined
}

/** Size of the ring of last events, which nearly always contains the finish reason and the usage. */
const keptEvents = 4
/**
 * Number of earlier events kept, because citations and the like may follow the finish reason or an error (case A11).
 */
const olderEvents = 12
/** Maximum bytes of an earlier event. Longer events are pictures, which would occupy memory. */
const maxOlderBytes = 16 * 1_024
/** Longer events are copied; shorter events keep their chunk in memory. In bytes. */
const sharedBytes = 4 * 1_024
/** Longer events are kept and read as an outline. In bytes. */
const longBytes = 256 * 1_024
/** Maximum bytes of the terminator event, including its fields other than data (case A11). */
const maxEndBytes = 256

const closingBrace = 0x7d
const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Bytes at the start of an event that contain its name and type. */
const headBytes = 256

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Creates a reader that decodes only events with usage and, at the end, the last few events.
 *
 * - `hidesUsage` drops the usage event that Weir requested and the caller did not.
 * - `toCost` computes the `cost` that is added to the usage on its way to the caller.
 * - A stream of several `choices` is complete when each has finished, which requires parsing every event (case A10).
 * - `isOutput` finds the first event with output, which requires parsing the events before it.
 */
export function createStreamReader(
  format: EventFormat,
  hidesUsage: boolean,
  toCost?: (usage: Usage) => number | null,
  choices = 1,
  isOutput?: (data: JsonObject) => boolean,
): StreamReader {
  const { terminator, lastEvent, isContent } = format
  const lastName = lastEvent === undefined ? undefined : encoder.encode(lastEvent)
  const looksForUsage = format.hasUsageAnywhere || toCost !== undefined
  const kept = new KeptEvents()
  const output = createOutputEstimate(format)
  let ended = false
  let usage: Usage | undefined
  let finishReason: string | undefined
  let failure: JsonObject | undefined
  const finished = new Set<number>()
  let pictures = 0
  let hasContent = false
  let hasOutput = isOutput === undefined

  /** True for a stream without content. An error event makes a stream failed, not empty. */
  function isEmpty(): boolean {
    if (hasContent || format.endsWithConnection) return false
    const events = [...kept.older(), ...kept.last()].map(parseEvent).filter(isJsonObject)
    return failure === undefined && !events.some(format.isError)
  }

  /** Records the end as it passes, because further events may follow it (case A11). */
  function inspect(event: EventView, known: KeptEvent): boolean | Uint8Array {
    const data = parseEvent(known)
    if (data === undefined) return true
    if (choices === 1 || finishReason === undefined || finishReason !== format.truncationReason)
      finishReason = format.finishOf(data) ?? finishReason
    if (failure === undefined && format.isError(data)) failure = data
    if (choices > 1) for (const choice of format.finishedChoices?.(data) ?? []) finished.add(choice)
    const counted = addUsage(usage, format.usageOf(data))
    if (counted === usage || counted === undefined) return true
    usage = counted
    if (hidesUsage && format.isUsageAlone(data)) return false
    if (toCost === undefined || known.wholeLength !== undefined) return true
    return withCost(event, format.usagePath(data), toCost(usage))
  }

  return {
    see(event) {
      // Drops all later events: it is chance whether they arrive in one chunk with the end.
      if (ended) return false
      if (!event.hasData) return true
      if (terminator !== undefined && isEnd(event, terminator)) {
        ended = true
        // In an empty stream, an error of Weir replaces the terminator.
        return !isEmpty()
      }
      if (lastName !== undefined && isNamed(event, lastName)) {
        ended = true
        return !isEmpty()
      }
      if (format.isPicture?.(headOf(event)) === true) pictures += 1
      const known = kept.add(event)
      // Parses nearly always the first event only.
      const data = hasOutput && (hasContent || isContent === undefined) ? undefined : parseEvent(known)
      if (!hasOutput) hasOutput = data === undefined ? known.wholeLength !== undefined : isOutput?.(data) === true
      // A long event that was not parsed completely counts as content.
      if (!hasContent)
        hasContent = isContent === undefined || (data === undefined ? known.wholeLength !== undefined : isContent(data))
      output.add(event, data)
      return (looksForUsage && event.mayHaveUsage) || choices > 1 ? inspect(event, known) : true
    },
    heldBytes: () => kept.heldBytes,
    hasEnded: () => ended,
    hasContent: () => hasContent,
    hasOutput: () => hasOutput,
    summarise() {
      const parsed = kept.last().map((event) => ({
        length: event.wholeLength ?? event.end - event.start,
        data: parseEvent(event),
        isOmitted: event.isOmitted === true,
      }))
      const events = parsed.map(({ data }) => data).filter((data) => data !== undefined)
      const lastReason = lastDefined(events.map(format.finishOf))
      // With several choices, each event was read as it passed.
      const known = choices > 1 ? (finishReason ?? lastReason) : (lastReason ?? finishReason)
      const earlier = known === undefined ? kept.older().map(parseEvent).filter(isJsonObject) : []
      const reason = known ?? lastDefined(earlier.map(format.finishOf))
      const counted = usage ?? events.map(format.usageOf).reduce<Usage | undefined>(addUsage, undefined)
      // Zeros are not a count if text has passed.
      const estimated = counted === undefined || counted.outputTokens === 0
      const produced = estimated ? (hasContent ? output.toTokens(parsed) : 0) : undefined
      const isWithoutContent = isEmpty()
      const isFinished = lastName === undefined && (choices > 1 ? finished.size >= choices : reason !== undefined)
      return {
        isComplete: !isWithoutContent && (ended || format.endsWithConnection || isFinished),
        isEmpty: isWithoutContent,
        failure: failure ?? earlier.find(format.isError) ?? events.find(format.isError),
        usage: counted !== undefined && isUncounted(counted) && produced !== 0 ? undefined : counted,
        finishReason: reason,
        pictures: pictures === 0 ? undefined : pictures,
        producedTokens: produced,
      }
    },
  }
}

/** One of the last events. */
interface KeptEvent extends EventView {
  /** Length of the original event, if this is its outline or empty. */
  readonly wholeLength?: number
  readonly isLong?: boolean
  /** True if only its length is kept. */
  readonly isOmitted?: boolean
}

/** The last events of a stream and some earlier ones. */
class KeptEvents {
  readonly #last: KeptEvent[] = []
  readonly #older: KeptEvent[] = []
  #olderCount = 0
  /** Index of the latest long event in the ring. */
  #longAt: number | undefined = undefined
  /** Number of all events. */
  count = 0
  /** Bytes held in copies. */
  heldBytes = 0

  add(event: EventView): KeptEvent {
    // Fast path: a short event after short events.
    if (this.heldBytes > 0 || event.end - event.start > sharedBytes) return this.#addLong(event)
    const at = this.count % keptEvents
    const before = this.#last[at]
    if (before !== undefined) this.#older[this.#olderCount++ % olderEvents] = before
    this.#last[at] = event
    this.count += 1
    return event
  }

  /** Adds a long event, or an event after one. */
  #addLong(event: EventView): KeptEvent {
    const at = this.count % keptEvents
    const before = this.#last[at]
    if (before !== undefined && before.end - before.start <= maxOlderBytes && before.isOmitted !== true) {
      this.heldBytes -= ownBytes(this.#older[this.#olderCount % olderEvents])
      this.#older[this.#olderCount++ % olderEvents] = before
    } else {
      this.heldBytes -= ownBytes(before)
    }
    const kept = event.end - event.start > sharedBytes ? keep(event) : event
    // One long event is enough to derive the envelope; four per stream were most of the memory that slow clients held.
    if (kept.end - kept.start > maxOlderBytes) {
      const longBefore = this.#longAt === undefined ? undefined : this.#last[this.#longAt]
      if (this.#longAt !== undefined && longBefore?.isLong === true) {
        this.heldBytes -= ownBytes(longBefore)
        this.#last[this.#longAt] = omitEvent(longBefore)
      }
      this.#longAt = at
    }
    this.heldBytes += ownBytes(kept)
    this.#last[at] = kept
    this.count += 1
    return kept
  }

  last(): readonly KeptEvent[] {
    return inOrder(this.#last, this.count)
  }

  /** Returns the events before the last ones. */
  older(): readonly KeptEvent[] {
    return inOrder(this.#older, this.#olderCount)
  }
}

/**
 * Copies an event out of its chunk. Outlines a long one: pictures occupy memory, many values parse slowly (case D4,
 * D5).
 */
function keep(event: EventView): KeptEvent {
  const { bytes, start, end, hasData, mayHaveUsage } = event
  const length = end - start
  const isLong = length > maxOlderBytes
  // An event joined from several chunks is a copy already.
  if (length === bytes.buffer.byteLength && length <= longBytes)
    return { bytes, start, end, hasData, mayHaveUsage, isLong }
  if (length <= longBytes)
    return { bytes: bytes.slice(start, end), start: 0, end: length, hasData, mayHaveUsage, isLong }
  const outline = outlineEvent(bytes.subarray(start, end))
  return { bytes: outline, start: 0, end: outline.length, hasData, mayHaveUsage, isLong, wholeLength: length }
}

function omitEvent({ end, wholeLength = end, hasData, mayHaveUsage }: KeptEvent): KeptEvent {
  return { bytes: noEvent, start: 0, end: 0, hasData, mayHaveUsage, wholeLength, isOmitted: true }
}

/** Outlines an event with one data line; returns an empty event for others, and if the outline is too large. */
function outlineEvent(event: Uint8Array): Uint8Array {
  const bytes = toSearchable(event)
  let end = bytes.length
  while (bytes[end - 1] === lineFeed || bytes[end - 1] === carriageReturn) end--
  let start = 0
  for (let feed = bytes.indexOf(lineFeed); feed !== -1 && feed < end; feed = bytes.indexOf(lineFeed, start)) {
    // The event has several data lines.
    if (isData(bytes, start)) return noEvent
    start = feed + 1
  }
  if (!isData(bytes, start)) return noEvent
  const outline = outlineAtOnce(bytes.subarray(start + dataField.length, end))
  if (outline === undefined) return noEvent
  return concat([dataField, outline.bytes, eventEnd], dataField.length + outline.bytes.length + eventEnd.length)
}

const dataField = new TextEncoder().encode('data:')
const eventEnd = new TextEncoder().encode('\n\n')
const noEvent = new Uint8Array()

function isData(bytes: Uint8Array, start: number): boolean {
  return dataField.every((byte, index) => bytes[start + index] === byte)
}

/** Returns the bytes of an event that was copied out of its chunk, otherwise 0. */
function ownBytes(event: EventView | undefined): number {
  if (event === undefined || event.end - event.start <= sharedBytes) return 0
  return event.end - event.start
}

/** Returns the events of a ring in order, after `seen` insertions. */
function inOrder(ring: readonly KeptEvent[], seen: number): readonly KeptEvent[] {
  const oldest = seen % Math.max(1, ring.length)
  return [...ring.slice(oldest), ...ring.slice(0, oldest)]
}

/** True for an event whose data is the terminator, even in quotes or with one quote. */
function isEnd(event: EventView, terminator: string): boolean {
  const { bytes, start, end } = event
  // Nearly every other event ends in `}` and two line feeds: skips decoding it.
  if (bytes[end - 3] === closingBrace || end - start > maxEndBytes) return false
  let last = end - 1
  while (bytes[last] === lineFeed || bytes[last] === carriageReturn) last--
  if (bytes[last] === closingBrace) return false
  const data = dataOf(event).trim()
  return data.length <= terminator.length + 2 && data.includes(terminator)
}

const eventField = encoder.encode('event:')
const space = 0x20

/** True for an event that begins with this name, or without a name has it as its type. */
function isNamed(event: EventView, name: Uint8Array): boolean {
  const { bytes, start, end } = event
  if (end - start > maxEndBytes) return false
  if (!startsWith(bytes, start, eventField)) return decoder.decode(name) === parseEvent(event)?.type
  const at = start + eventField.length
  return startsWith(bytes, bytes[at] === space ? at + 1 : at, name)
}

function startsWith(bytes: Uint8Array, start: number, prefix: Uint8Array): boolean {
  for (let at = 0; at < prefix.length; at++) if (bytes[start + at] !== prefix[at]) return false
  return true
}

/** Returns the event with `cost` in its usage. Its line ends may change. */
function withCost(event: EventView, path: readonly string[], cost: number | null): Uint8Array {
  const edited = editJsonAt(dataOf(event), path, { cost })
  const others = toEventLines(textOf(event)).filter((line) => !line.startsWith('data:') && line !== '')
  return encoder.encode(`${[...others, ...edited.split('\n').map((line) => `data:${line}`)].join('\n')}\n\n`)
}

/** Parses the data of an event; undefined if it is not a JSON object. */
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
  return toEventData(textOf(event))
}

function headOf({ bytes, start, end }: EventView): string {
  return decoder.decode(bytes.subarray(start, Math.min(end, start + headBytes)))
}

function textOf(event: EventView): string {
  return decoder.decode(event.bytes.subarray(event.start, event.end))
}

/** Returns the maximum of each count and the last value of the other members. */
export function addUsage(known: Usage | undefined, found: Partial<Usage> | undefined): Usage | undefined {
  if (found === undefined) return known
  const largest: { -readonly [Name in keyof Usage]: Usage[Name] } = { inputTokens: 0, outputTokens: 0, ...known }
  for (const name of Object.keys(found) as (keyof Usage)[]) {
    if (name !== 'serviceTier' && name !== 'region' && name !== 'drawn')
      largest[name] = Math.max(largest[name] ?? 0, found[name] ?? 0)
  }
  if (found.serviceTier !== undefined) largest.serviceTier = found.serviceTier
  if (found.region !== undefined) largest.region = found.region
  if (found.drawn !== undefined) largest.drawn = found.drawn
  return largest
}

function lastDefined<Value>(values: readonly (Value | undefined)[]): Value | undefined {
  return values.findLast((value) => value !== undefined)
}
