import { concat, LongBytes, Pieces } from '../core/byte-stream.ts'
import { toSearchable } from '../core/search-bytes.ts'
import { ChunkSearch } from './search-chunk.ts'

/** One complete Server-Sent Event with its closing blank line: `bytes.subarray(start, end)`. */
export interface EventView {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** True if a line starts with `data`; comments and bare ids are not content. */
  readonly hasData: boolean
  /** True if it contains `"usage":{`, with or without spaces, even across a chunk boundary. */
  readonly mayHaveUsage: boolean
}

/**
 * The text of an event's `bytes` if each of them is one character, as in ASCII; else undefined. It is no field of the
 * event, because a kept event would hold it in memory.
 */
export type ChunkText = string | undefined

/** Returns the text of an event. */
export function toEventText({ bytes, start, end }: EventView, text: ChunkText): string {
  return text === undefined ? decoder.decode(bytes.subarray(start, end)) : text.slice(start, end)
}

export interface EventSplitter {
  /** Accepts one chunk; returns the bytes of the events that it completes, in order, as `judge` decides. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Length of the unfinished event in bytes. */
  restLength(): number
  /** Bytes of the unfinished event. */
  rest(): Uint8Array
  /** Frees the memory of the unfinished event at once, before the garbage collector would. */
  dropRest(): void
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const letterD = 0x64
const byteOrderMark = 0xef

/** The decision on an event: keep it (true), drop it (false), or replace it. */
export type Judgement = boolean | Uint8Array | string

/**
 * Splits a byte stream into Server-Sent Events. Lines may end in LF, CR LF or CR.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * - Returns only complete events: an error event or a heartbeat can follow at any moment.
 * - Copies bytes only if an event spans two chunks.
 * - Also returns events longer than `maxEventBytes`, at a higher cost.
 */
export function createEventSplitter(
  judge: (event: EventView, text: ChunkText) => Judgement,
  maxEventBytes = 32 * joinedBytes,
): EventSplitter {
  return new Splitter(judge, maxEventBytes)
}

/** A longer event grows in one buffer, because joining its chunks would hold it twice. */
const joinedBytes = 1_048_576

class Splitter implements EventSplitter {
  readonly #judge: (event: EventView, text: ChunkText) => Judgement
  readonly #state: ScanState = {
    isInLine: false,
    afterReturn: false,
    awaitsLineFeed: false,
    hasBegun: false,
    hasData: false,
  }
  readonly #pending = new Pieces()
  /** The beginning of a long event, before `#pending`. */
  #long: LongBytes | undefined = undefined
  readonly #maxEventBytes: number

  constructor(judge: (event: EventView, text: ChunkText) => Judgement, maxEventBytes: number) {
    this.#judge = judge
    this.#maxEventBytes = maxEventBytes
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (this.#long !== undefined && !this.#state.awaitsLineFeed && isWithinLine(chunk)) {
      recordText(chunk[0] ?? 0, this.#state)
      this.#hold(chunk)
      return []
    }
    const search = new ChunkSearch(chunk)
    const runs = new Runs()
    let runStart = this.restLength() > 0 ? this.#finishPending(search, runs) : 0
    let eventStart = runStart
    for (let end = findEnd(search, eventStart, this.#state); end !== -1; end = findEnd(search, end, this.#state)) {
      const judgement = this.#close(chunk, search.text, eventStart, end, search.mayHaveUsage(eventStart, end))
      if (judgement !== true) {
        runs.add(chunk, runStart, eventStart)
        runs.replace(judgement)
        runStart = end
      }
      eventStart = end
    }
    if (eventStart < chunk.length) this.#hold(chunk.subarray(eventStart))
    // The common case: the chunk consists of complete events, and all of them stay.
    else if (runs.isEmpty && runStart === 0 && eventStart > 0) return [chunk]
    runs.add(chunk, runStart, eventStart)
    return runs.take()
  }

  restLength(): number {
    return (this.#long?.length ?? 0) + this.#pending.length
  }

  rest(): Uint8Array {
    if (this.#long === undefined) return this.#pending.join()
    const length = this.restLength()
    if (length > this.#maxEventBytes) return concat([this.#long.view(), ...this.#pending.list()], length)
    this.#lengthen(this.#long)
    return this.#long.view()
  }

  dropRest(): void {
    this.#long?.release()
    this.#long = undefined
    this.#pending.clear()
  }

  #hold(bytes: Uint8Array): void {
    this.#pending.add(bytes)
    if (this.#pending.length <= joinedBytes || this.restLength() > this.#maxEventBytes) return
    this.#long ??= new LongBytes(this.#maxEventBytes)
    this.#lengthen(this.#long)
  }

  #lengthen(long: LongBytes): void {
    for (const piece of this.#pending.list()) long.add(piece)
    this.#pending.clear()
  }

  /** Closes the event from `start` to `end`. */
  #close(bytes: Uint8Array, text: ChunkText, start: number, end: number, mayHaveUsage: boolean): Judgement {
    const { hasData } = this.#state
    this.#state.hasBegun = false
    this.#state.hasData = false
    return this.#judge({ bytes, start, end, hasData, mayHaveUsage }, text)
  }

  /**
   * Closes the event that earlier chunks started, if this chunk ends it. Returns the index after the bytes it takes.
   */
  #finishPending(search: ChunkSearch, runs: Runs): number {
    const { chunk } = search
    const end = findEnd(search, 0, this.#state)
    this.#hold(end === -1 ? chunk : chunk.subarray(0, end))
    if (end === -1) return chunk.length
    const joined = this.rest()
    this.#pending.clear()
    this.#long = undefined
    // Searches the joined event, because a chunk boundary may split the name. A long event is assumed to have usage.
    const whole = joined.length > joinedBytes ? undefined : new ChunkSearch(joined)
    const mayHaveUsage = whole === undefined || whole.mayHaveUsage(0, joined.length)
    const judgement = this.#close(joined, whole?.text, 0, joined.length, mayHaveUsage)
    runs.replace(judgement === true ? joined : judgement)
    return end
  }
}

/** True for most chunks of a long event. Decoding them for a search would double their memory (case D5). */
function isWithinLine(chunk: Uint8Array): boolean {
  const bytes = toSearchable(chunk)
  return bytes.length > 0 && bytes.indexOf(lineFeed) === -1 && bytes.indexOf(carriageReturn) === -1
}

/** The bytes that a chunk leaves behind, in order. Text is encoded once for each unbroken run of it. */
class Runs {
  #runs: Uint8Array[] = []
  #text = ''

  get isEmpty(): boolean {
    return this.#runs.length === 0 && this.#text === ''
  }

  add(chunk: Uint8Array, start: number, end: number): void {
    if (start < end) this.replace(chunk.subarray(start, end))
  }

  replace(replacement: Uint8Array | string | false): void {
    if (typeof replacement === 'string') {
      this.#text += replacement
    } else if (replacement !== false) {
      this.#encode()
      this.#runs.push(replacement)
    }
  }

  take(): readonly Uint8Array[] {
    this.#encode()
    return this.#runs
  }

  #encode(): void {
    if (this.#text === '') return
    this.#runs.push(encoder.encode(this.#text))
    this.#text = ''
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

interface ScanState {
  /** True if the current line is not empty. */
  isInLine: boolean
  /** True if the last byte was CR: a following LF belongs to it. */
  afterReturn: boolean
  /** True if the event ended in a CR that was the chunk's last byte: the LF of the pair may still arrive. */
  awaitsLineFeed: boolean
  /** True if the current event has more than blank lines. */
  hasBegun: boolean
  hasData: boolean
}

/** Returns the index after the blank line that ends the current event; -1 if this chunk does not end it. */
function findEnd(search: ChunkSearch, from: number, state: ScanState): number {
  const { chunk } = search
  if (state.awaitsLineFeed) return appendLineFeed(chunk, from, state)
  let at = from
  while (at < chunk.length) {
    const lineEnd = search.lineEnd(at)
    if (lineEnd > at) recordText(chunk[at] ?? 0, state)
    if (lineEnd < chunk.length && endsEvent(chunk[lineEnd] ?? 0, state))
      return appendLineFeed(chunk, lineEnd + 1, state)
    at = lineEnd + 1
  }
  return -1
}

/** Records the text of a line, or its continuation, by its first byte. */
function recordText(first: number, state: ScanState): void {
  state.afterReturn = false
  // A line that starts with a control character is not a field.
  if (!state.isInLine && first > carriageReturn) {
    state.hasBegun = true
    // After a byte order mark, the first field may be any field, so it counts as data.
    if (first === letterD || first === byteOrderMark) state.hasData = true
  }
  state.isInLine = true
}

/** Records the CR or LF that ends a line. Returns true if it ends a blank line after an event. */
function endsEvent(byte: number, state: ScanState): boolean {
  if (byte === lineFeed && state.afterReturn) {
    state.afterReturn = false
    return false
  }
  // If the previous line ended in CR alone, this line does too: no LF follows.
  const mayHaveLineFeed = byte === carriageReturn && !state.afterReturn
  state.afterReturn = byte === carriageReturn
  const isEnd = !state.isInLine && state.hasBegun
  state.isInLine = false
  state.awaitsLineFeed = isEnd && mayHaveLineFeed
  return isEnd
}

/** Adds the LF of a CR LF pair to the event that the CR ended. Returns -1 while the LF may still arrive. */
function appendLineFeed(chunk: Uint8Array, end: number, state: ScanState): number {
  if (state.awaitsLineFeed && end === chunk.length) return -1
  state.awaitsLineFeed = false
  if (!state.afterReturn || chunk[end] !== lineFeed) return end
  state.afterReturn = false
  return end + 1
}
