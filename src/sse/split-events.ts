import { concat, LongBytes, Pieces } from '../core/byte-stream.ts'
import { toSearchable } from '../core/search-bytes.ts'
import { ChunkSearch } from './search-chunk.ts'

/** One whole Server-Sent Event, its closing blank line included: `bytes.subarray(start, end)`. */
export interface EventView {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** True if it has a line that starts with `data`; comments and bare ids are not content. */
  readonly hasData: boolean
  /** True if `"usage":{` stands in it, with or without spaces; however the stream was cut into chunks. */
  readonly mayHaveUsage: boolean
}

export interface EventSplitter {
  /** Takes one chunk; returns the bytes of the events that became whole, in order, as `judge` has decided. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Length of the event that is still unfinished, in bytes. */
  restLength(): number
  /** The unfinished event. */
  rest(): Uint8Array
  /** Gives the memory of the unfinished event back at once, where a garbage collector would take its time. */
  dropRest(): void
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const letterD = 0x64
const byteOrderMark = 0xef

/** The fate of an event: it stays as it is (true), goes (false), or these bytes take its place. */
export type Judgement = boolean | Uint8Array

/**
 * Cuts a byte stream into Server-Sent Events. Lines may end in LF, CR LF or CR.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * Only whole events come out: an error event or a heartbeat can follow at any moment; no copy unless an event spans two chunks. Events longer than
 * `maxEventBytes` come out too, but cost more.
 */
export function createEventSplitter(
  judge: (event: EventView) => Judgement,
  maxEventBytes = 32 * joinedBytes,
): EventSplitter {
  return new Splitter(judge, maxEventBytes)
}

/** A longer event grows in one place: joining its chunks would hold it twice. */
const joinedBytes = 1_048_576

class Splitter implements EventSplitter {
  readonly #judge: (event: EventView) => Judgement
  readonly #state: ScanState = {
    isInLine: false,
    afterReturn: false,
    awaitsLineFeed: false,
    hasBegun: false,
    hasData: false,
  }
  readonly #carried = new Pieces()
  /** The beginning of a long event, before `#carried`. */
  #long: LongBytes | undefined = undefined
  readonly #maxEventBytes: number

  constructor(judge: (event: EventView) => Judgement, maxEventBytes: number) {
    this.#judge = judge
    this.#maxEventBytes = maxEventBytes
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (this.#long !== undefined && !this.#state.awaitsLineFeed && isWithinLine(chunk)) {
      takeText(chunk[0] ?? 0, this.#state)
      this.#carry(chunk)
      return []
    }
    const search = new ChunkSearch(chunk)
    const runs: Uint8Array[] = []
    let runStart = this.restLength() > 0 ? this.#finishCarried(search, runs) : 0
    let eventStart = runStart
    for (let end = findEnd(search, eventStart, this.#state); end !== -1; end = findEnd(search, end, this.#state)) {
      const judgement = this.#close(chunk, eventStart, end, search.mayHaveUsage(eventStart, end))
      if (judgement !== true) {
        addRun(runs, chunk, runStart, eventStart)
        addReplacement(runs, judgement)
        runStart = end
      }
      eventStart = end
    }
    if (eventStart < chunk.length) this.#carry(chunk.subarray(eventStart))
    // Nearly always: whole events, all of which stay.
    else if (runs.length === 0 && runStart === 0 && eventStart > 0) return [chunk]
    addRun(runs, chunk, runStart, eventStart)
    return runs
  }

  restLength(): number {
    return (this.#long?.length ?? 0) + this.#carried.length
  }

  rest(): Uint8Array {
    if (this.#long === undefined) return this.#carried.join()
    const length = this.restLength()
    if (length > this.#maxEventBytes) return concat([this.#long.view(), ...this.#carried.list()], length)
    this.#lengthen(this.#long)
    return this.#long.view()
  }

  dropRest(): void {
    this.#long?.release()
    this.#long = undefined
    this.#carried.clear()
  }

  #carry(bytes: Uint8Array): void {
    this.#carried.add(bytes)
    if (this.#carried.length <= joinedBytes || this.restLength() > this.#maxEventBytes) return
    this.#long ??= new LongBytes(this.#maxEventBytes)
    this.#lengthen(this.#long)
  }

  #lengthen(long: LongBytes): void {
    for (const piece of this.#carried.list()) long.add(piece)
    this.#carried.clear()
  }

  /** Closes the event that stands at `start` to `end`. */
  #close(bytes: Uint8Array, start: number, end: number, mayHaveUsage: boolean): Judgement {
    const { hasData } = this.#state
    this.#state.hasBegun = false
    this.#state.hasData = false
    return this.#judge({ bytes, start, end, hasData, mayHaveUsage })
  }

  /** Closes the event that earlier chunks began, if this one ends it; the index after what it takes. */
  #finishCarried(search: ChunkSearch, runs: Uint8Array[]): number {
    const { chunk } = search
    const end = findEnd(search, 0, this.#state)
    this.#carry(end === -1 ? chunk : chunk.subarray(0, end))
    if (end === -1) return chunk.length
    const joined = this.rest()
    this.#carried.clear()
    this.#long = undefined
    // Searched as a whole: the border between two chunks may cut the name in two. A long event has one as like as not.
    const mayHaveUsage = joined.length > joinedBytes || new ChunkSearch(joined).mayHaveUsage(0, joined.length)
    const judgement = this.#close(joined, 0, joined.length, mayHaveUsage)
    addReplacement(runs, judgement === true ? joined : judgement)
    return end
  }
}

/** Most chunks of a long event are; the text by which they are searched otherwise takes as much memory again (case D5). */
function isWithinLine(chunk: Uint8Array): boolean {
  const bytes = toSearchable(chunk)
  return bytes.length > 0 && bytes.indexOf(lineFeed) === -1 && bytes.indexOf(carriageReturn) === -1
}

function addRun(runs: Uint8Array[], chunk: Uint8Array, start: number, end: number): void {
  if (start < end) runs.push(chunk.subarray(start, end))
}

function addReplacement(runs: Uint8Array[], replacement: Uint8Array | false): void {
  if (replacement !== false) runs.push(replacement)
}

interface ScanState {
  /** The current line is not empty. */
  isInLine: boolean
  /** The last byte was CR: an LF that follows belongs to it. */
  afterReturn: boolean
  /** The event ended in the CR that was the chunk's last byte, and the LF of the pair is still to come. */
  awaitsLineFeed: boolean
  /** The current event has more than blank lines. */
  hasBegun: boolean
  hasData: boolean
}

/** The index after the blank line that ends the current event, or -1 if this chunk does not end it. */
function findEnd(search: ChunkSearch, from: number, state: ScanState): number {
  const { chunk } = search
  if (state.awaitsLineFeed) return takeLineFeed(chunk, from, state)
  let at = from
  while (at < chunk.length) {
    const lineEnd = search.lineEnd(at)
    if (lineEnd > at) takeText(chunk[at] ?? 0, state)
    if (lineEnd < chunk.length && endsEvent(chunk[lineEnd] ?? 0, state)) return takeLineFeed(chunk, lineEnd + 1, state)
    at = lineEnd + 1
  }
  return -1
}

/** Takes the text of a line, or more of it, by its first byte. */
function takeText(first: number, state: ScanState): void {
  state.afterReturn = false
  // A line that starts with a control character is no field.
  if (!state.isInLine && first > carriageReturn) {
    state.hasBegun = true
    // Where there is a byte order mark, the first field may be any.
    if (first === letterD || first === byteOrderMark) state.hasData = true
  }
  state.isInLine = true
}

/** Takes the CR or LF that ends a line; true if it ends a blank line after something. */
function endsEvent(byte: number, state: ScanState): boolean {
  if (byte === lineFeed && state.afterReturn) {
    state.afterReturn = false
    return false
  }
  // Where the line before ended in CR alone, so does this one: nothing is to be waited for.
  const mayHaveLineFeed = byte === carriageReturn && !state.afterReturn
  state.afterReturn = byte === carriageReturn
  const isEnd = !state.isInLine && state.hasBegun
  state.isInLine = false
  state.awaitsLineFeed = isEnd && mayHaveLineFeed
  return isEnd
}

/** The LF of a CR LF pair belongs to the event that the CR ended; -1 while it may still come. */
function takeLineFeed(chunk: Uint8Array, end: number, state: ScanState): number {
  if (state.awaitsLineFeed && end === chunk.length) return -1
  state.awaitsLineFeed = false
  if (!state.afterReturn || chunk[end] !== lineFeed) return end
  state.afterReturn = false
  return end + 1
}
