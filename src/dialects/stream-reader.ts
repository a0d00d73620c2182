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

/** Watches the events of one stream pass. */
export interface StreamReader {
  /** Looks at one event; `false` keeps it from the caller, bytes go to the caller in its place. */
  see(event: EventView): boolean | Uint8Array
  /** True once the event came after which nothing may follow (`data: [DONE]`). */
  hasEnded(): boolean
  /** True once an event has come with which the stream is an answer. */
  hasContent(): boolean
  /** Everything that can be told at the end. */
  summarise(): StreamSummary
  /** Of the last events, which it keeps. A getter would give each stream's reader a shape of its own, which V8 cannot optimise for. */
  heldBytes(): number
}

export interface StreamSummary {
  /** True if the stream reached its own end: `[DONE]`, a finish reason, or its closing event. */
  readonly isComplete: boolean
  /** True if no content came but comments and `[DONE]`, which is no answer, unless nothing is known of the events (case A18). */
  readonly isEmpty: boolean
  /** The event in which the upstream itself reported an error. */
  readonly failure: JsonObject | undefined
  readonly usage: Usage | undefined
  readonly finishReason: string | undefined
  /** That came whole, where they come as events and say so. */
  readonly pictures: number | undefined
  /** Tokens of output that have passed, estimated where the provider did not count; without the text of an error (R05). */
  readonly producedTokens: number | undefined
}

/** A ring of so many last events is kept; the finish reason and the usage are nearly always among them. */
const keptEvents = 4
/** So many before them are kept for a finish reason, or an error, that is not (case A11): citations and the like may follow it. */
const olderEvents = 12
/** Longer ones are pictures, which would hold memory. */
const maxOlderBytes = 16 * 1_024
/** A longer one is kept as its own bytes, and not within those of its chunk. */
const sharedBytes = 4 * 1_024
/** Of a longer one an outline is kept, and looked at. */
const longBytes = 256 * 1_024
/** A longer event is not the end, whatever fields stand beside its data (case A11). */
const maxEndBytes = 256

const closingBrace = 0x7d
const lineFeed = 0x0a
const carriageReturn = 0x0d

/** So much of an event has its name and its type. */
const headBytes = 256

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Reads a stream without parsing it: only an event that reports usage, and at the end the last few, are decoded.
 * With `hidesUsage`, the usage event that Weir itself asked for does not reach the caller. With `toCost`, the cost of a usage stands in it as
 * `cost` on its way to the caller. A stream of several `choices` is complete once each has finished, which takes a look at every event (case A10).
 */
export function createStreamReader(
  format: EventFormat,
  hidesUsage: boolean,
  toCost?: (usage: Usage) => number | null,
  choices = 1,
): StreamReader {
  const { terminator, isContent } = format
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

  /** A failure is told by its event, and not by its lack of content. */
  function isEmpty(): boolean {
    if (hasContent || format.endsWithConnection) return false
    const events = [...kept.older(), ...kept.last()].map(parseEvent).filter(isJsonObject)
    return failure === undefined && !events.some(format.isError)
  }

  /** Notes the end as it passes: further events may follow it (case A11). */
  function look(event: EventView, known: KeptEvent): boolean | Uint8Array {
    const data = parseEvent(known)
    if (data === undefined) return true
    if (choices === 1 || finishReason === undefined || finishReason !== format.cutReason)
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
      // Whether more comes in one chunk with the end is chance.
      if (ended) return false
      if (!event.hasData) return true
      if (terminator !== undefined && isEnd(event, terminator)) {
        ended = true
        // An error takes its place where it would end nothing.
        return !isEmpty()
      }
      output.add(event)
      if (format.isPicture?.(headOf(event)) === true) pictures += 1
      const known = kept.add(event)
      // Nearly always the first event.
      if (!hasContent) hasContent = isContent === undefined || isContentIn(known, isContent)
      return (looksForUsage && event.mayHaveUsage) || choices > 1 ? look(event, known) : true
    },
    heldBytes: () => kept.heldBytes,
    hasEnded: () => ended,
    hasContent: () => hasContent,
    summarise() {
      const parsed = kept.last().map((event) => ({
        length: event.wholeLength ?? event.end - event.start,
        data: parseEvent(event),
        isLeftOut: event.isLeftOut === true,
      }))
      const events = parsed.map(({ data }) => data).filter((data) => data !== undefined)
      const lastReason = lastDefined(events.map(format.finishOf))
      // With several choices each event was looked at as it passed.
      const known = choices > 1 ? (finishReason ?? lastReason) : (lastReason ?? finishReason)
      const earlier = known === undefined ? kept.older().map(parseEvent).filter(isJsonObject) : []
      const reason = known ?? lastDefined(earlier.map(format.finishOf))
      const counted = usage ?? events.map(format.usageOf).reduce<Usage | undefined>(addUsage, undefined)
      // Zeros where text has passed are no count.
      const estimated = counted === undefined || counted.outputTokens === 0
      const produced = estimated ? (hasContent ? output.toTokens(parsed) : 0) : undefined
      const isWithoutContent = isEmpty()
      const isFinished = choices > 1 ? finished.size >= choices : reason !== undefined
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

/** A long event that cannot be read whole counts as content. */
function isContentIn(event: KeptEvent, isContent: NonNullable<EventFormat['isContent']>): boolean {
  const data = parseEvent(event)
  return data === undefined ? event.wholeLength !== undefined : isContent(data)
}

/** One of the last events. */
interface KeptEvent extends EventView {
  /** Of the event of which this is but an outline, or nothing. */
  readonly wholeLength?: number
  readonly isLong?: boolean
  /** Nothing is known of it but its length. */
  readonly isLeftOut?: boolean
}

/** The last events of a stream, and so many before them. */
class KeptEvents {
  readonly #last: KeptEvent[] = []
  readonly #older: KeptEvent[] = []
  #olderCount = 0
  /** The place of the last long one among the last. */
  #longAt: number | undefined = undefined
  /** Of all events that came. */
  count = 0
  /** Of memory that is not that of chunks. */
  heldBytes = 0

  add(event: EventView): KeptEvent {
    // Nearly always: a short one after short ones.
    if (this.heldBytes > 0 || event.end - event.start > sharedBytes) return this.#addLong(event)
    const at = this.count % keptEvents
    const before = this.#last[at]
    if (before !== undefined) this.#older[this.#olderCount++ % olderEvents] = before
    this.#last[at] = event
    this.count += 1
    return event
  }

  /** A long one, or one after it. */
  #addLong(event: EventView): KeptEvent {
    const at = this.count % keptEvents
    const before = this.#last[at]
    if (before !== undefined && before.end - before.start <= maxOlderBytes && before.isLeftOut !== true) {
      this.heldBytes -= ownBytes(this.#older[this.#olderCount % olderEvents])
      this.#older[this.#olderCount++ % olderEvents] = before
    } else {
      this.heldBytes -= ownBytes(before)
    }
    const kept = event.end - event.start > sharedBytes ? keep(event) : event
    // One long one is enough to tell the envelope by, and four of each stream were most of what slow readers held.
    if (kept.end - kept.start > maxOlderBytes) {
      const longBefore = this.#longAt === undefined ? undefined : this.#last[this.#longAt]
      if (this.#longAt !== undefined && longBefore?.isLong === true) {
        this.heldBytes -= ownBytes(longBefore)
        this.#last[this.#longAt] = leaveOut(longBefore)
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

  /** Those before the last. */
  older(): readonly KeptEvent[] {
    return inOrder(this.#older, this.#olderCount)
  }
}

/** The event apart from its chunk. Of a long one an outline: a picture would hold memory, and many values take long to parse (case D4, D5). */
function keep(event: EventView): KeptEvent {
  const { bytes, start, end, hasData, mayHaveUsage } = event
  const length = end - start
  const isLong = length > maxOlderBytes
  // Joined of several chunks, it stands apart already.
  if (length === bytes.buffer.byteLength && length <= longBytes)
    return { bytes, start, end, hasData, mayHaveUsage, isLong }
  if (length <= longBytes)
    return { bytes: bytes.slice(start, end), start: 0, end: length, hasData, mayHaveUsage, isLong }
  const outline = outlineEvent(bytes.subarray(start, end))
  return { bytes: outline, start: 0, end: outline.length, hasData, mayHaveUsage, isLong, wholeLength: length }
}

function leaveOut({ end, wholeLength = end, hasData, mayHaveUsage }: KeptEvent): KeptEvent {
  return { bytes: noEvent, start: 0, end: 0, hasData, mayHaveUsage, wholeLength, isLeftOut: true }
}

/** An event of one line of data that is no longer than can be parsed; of any other it has none. */
function outlineEvent(event: Uint8Array): Uint8Array {
  const bytes = toSearchable(event)
  let end = bytes.length
  while (bytes[end - 1] === lineFeed || bytes[end - 1] === carriageReturn) end--
  let start = 0
  for (let feed = bytes.indexOf(lineFeed); feed !== -1 && feed < end; feed = bytes.indexOf(lineFeed, start)) {
    // More lines of data than the last.
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

/** Of memory that is not its chunk's. */
function ownBytes(event: EventView | undefined): number {
  if (event === undefined || event.end - event.start <= sharedBytes) return 0
  return event.end - event.start
}

/** The events of a ring, of which so many were seen. */
function inOrder(ring: readonly KeptEvent[], seen: number): readonly KeptEvent[] {
  const oldest = seen % Math.max(1, ring.length)
  return [...ring.slice(oldest), ...ring.slice(0, oldest)]
}

/** True for an event whose data is the terminator, in quotes or half of them too. */
function isEnd(event: EventView, terminator: string): boolean {
  const { bytes, start, end } = event
  // Nearly every other event ends in JSON and two line feeds, and need not be decoded.
  if (bytes[end - 3] === closingBrace || end - start > maxEndBytes) return false
  let last = end - 1
  while (bytes[last] === lineFeed || bytes[last] === carriageReturn) last--
  if (bytes[last] === closingBrace) return false
  const data = dataOf(event).trim()
  return data.length <= terminator.length + 2 && data.includes(terminator)
}

/** The event with `cost` in its usage. Its lines may end otherwise than they did. */
function withCost(event: EventView, path: readonly string[], cost: number | null): Uint8Array {
  const edited = editJsonAt(dataOf(event), path, { cost })
  const others = toEventLines(textOf(event)).filter((line) => !line.startsWith('data:') && line !== '')
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
  return toEventData(textOf(event))
}

function headOf({ bytes, start, end }: EventView): string {
  return decoder.decode(bytes.subarray(start, Math.min(end, start + headBytes)))
}

function textOf(event: EventView): string {
  return decoder.decode(event.bytes.subarray(event.start, event.end))
}

/** The largest of each count so far, and the last of the rest. */
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
