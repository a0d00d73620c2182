import { concat } from '../core/byte-stream.ts'
import type { EventView } from '../core/event-view.ts'

export interface EventSplitter {
  /** Takes one chunk; returns the bytes of the events that became whole, in order, as `judge` has decided. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Length of the event that is still unfinished, in bytes. */
  restLength(): number
  /** The unfinished event. */
  rest(): Uint8Array
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const braceOpen = 0x7b
const letterD = 0x64

/** What becomes of an event: it stays as it is (true), goes (false), or these bytes take its place. */
export type Judgement = boolean | Uint8Array

/**
 * Cuts a byte stream into Server-Sent Events without decoding it. Lines may end in LF, CR LF or CR.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * Only whole events come out, so that an error event or a heartbeat can follow at any moment; one pass over the bytes,
 * no copy unless an event spans two chunks.
 */
export function createEventSplitter(judge: (event: EventView) => Judgement): EventSplitter {
  const state: ScanState = {
    ...{ lineLength: 0, afterReturn: false, awaitsLineFeed: false },
    ...{ hasBegun: false, hasData: false, mayHaveUsage: false },
  }
  let carried: Uint8Array[] = []
  let carriedLength = 0

  /** Closes the event that stands at `start` to `end`. */
  function close(bytes: Uint8Array, start: number, end: number): Judgement {
    const { hasData, mayHaveUsage } = state
    state.hasBegun = false
    state.hasData = false
    state.mayHaveUsage = false
    return judge({ bytes, start, end, hasData, mayHaveUsage })
  }

  /** Closes the event that earlier chunks began, if this one ends it; the index after what it takes. */
  function finishCarried(chunk: Uint8Array, runs: Uint8Array[]): number {
    const end = findEnd(chunk, 0, state)
    carry(end === -1 ? chunk : chunk.subarray(0, end))
    if (end === -1) return chunk.length
    const joined = concat(carried, carriedLength)
    carried = []
    carriedLength = 0
    const judgement = close(joined, 0, joined.length)
    addReplacement(runs, judgement === true ? joined : judgement)
    return end
  }

  function carry(rest: Uint8Array): void {
    carried.push(rest)
    carriedLength += rest.length
    // A name that the border between two chunks cuts in two would not be seen.
    state.mayHaveUsage = true
  }

  return {
    push(chunk) {
      const runs: Uint8Array[] = []
      let runStart = carriedLength > 0 ? finishCarried(chunk, runs) : 0
      let eventStart = runStart
      for (let end = findEnd(chunk, eventStart, state); end !== -1; end = findEnd(chunk, end, state)) {
        const judgement = close(chunk, eventStart, end)
        if (judgement !== true) {
          addRun(runs, chunk, runStart, eventStart)
          addReplacement(runs, judgement)
          runStart = end
        }
        eventStart = end
      }
      addRun(runs, chunk, runStart, eventStart)
      if (eventStart < chunk.length) carry(chunk.subarray(eventStart))
      return runs
    },
    restLength: () => carriedLength,
    rest: () => concat(carried, carriedLength),
  }
}

/** A view of all of a chunk costs as much as scanning it, and a chunk is usually one event. */
function addRun(runs: Uint8Array[], chunk: Uint8Array, start: number, end: number): void {
  if (start < end) runs.push(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end))
}

function addReplacement(runs: Uint8Array[], replacement: Uint8Array | false): void {
  if (replacement !== false) runs.push(replacement)
}

interface ScanState {
  /** Bytes of the current line so far. */
  lineLength: number
  /** The last byte was CR: an LF that follows belongs to it. */
  afterReturn: boolean
  /** The event ended in the CR that was the chunk's last byte, and the LF of the pair is still to come. */
  awaitsLineFeed: boolean
  /** The current event has more than blank lines. */
  hasBegun: boolean
  hasData: boolean
  mayHaveUsage: boolean
}

/** The index after the blank line that ends the current event, or -1 if this chunk does not end it. */
function findEnd(chunk: Uint8Array, from: number, state: ScanState): number {
  if (state.awaitsLineFeed) return takeLineFeed(chunk, from, state)
  let at = from
  while (at < chunk.length) {
    const byte = chunk[at] ?? 0
    if (byte > carriageReturn) at = skipText(chunk, at, state)
    else if (endsEvent(byte, state)) return takeLineFeed(chunk, at + 1, state)
    else at++
  }
  return -1
}

/** The index of the next control character, or the end. Nearly every byte passes here, so the loop touches no state. */
function skipText(chunk: Uint8Array, from: number, state: ScanState): number {
  if (state.lineLength === 0) startLine(chunk[from] ?? 0, state)
  let at = from
  for (; at < chunk.length; at++) {
    const byte = chunk[at] ?? 0
    if (byte <= carriageReturn) break
    if (byte === braceOpen && endsUsageName(chunk, at)) state.mayHaveUsage = true
  }
  state.lineLength += at - from
  return at
}

function startLine(byte: number, state: ScanState): void {
  state.afterReturn = false
  state.hasBegun = true
  if (byte === letterD) state.hasData = true
}

/** Takes a control character; true if it ends a blank line after something. */
function endsEvent(byte: number, state: ScanState): boolean {
  if (byte === lineFeed && state.afterReturn) {
    state.afterReturn = false
    return false
  }
  // Where the line before ended in CR alone, so does this one: nothing is to be waited for.
  const mayHaveLineFeed = byte === carriageReturn && !state.afterReturn
  state.afterReturn = byte === carriageReturn
  if (byte !== lineFeed && byte !== carriageReturn) {
    state.lineLength++
    return false
  }
  const isBlank = state.lineLength === 0
  state.lineLength = 0
  state.awaitsLineFeed = isBlank && state.hasBegun && mayHaveLineFeed
  return isBlank && state.hasBegun
}

/** The LF of a CR LF pair belongs to the event that the CR ended; -1 while it may still come. */
function takeLineFeed(chunk: Uint8Array, end: number, state: ScanState): number {
  if (state.awaitsLineFeed && end === chunk.length) return -1
  state.awaitsLineFeed = false
  if (!state.afterReturn || chunk[end] !== lineFeed) return end
  state.afterReturn = false
  return end + 1
}

/** True if the bytes before the brace at `at` end in `age":`, with or without spaces. */
function endsUsageName(chunk: Uint8Array, at: number): boolean {
  let before = at - 1
  while (chunk[before] === 0x20 || chunk[before] === 0x3a) before--
  return (
    chunk[before] === 0x22 && chunk[before - 1] === 0x65 && chunk[before - 2] === 0x67 && chunk[before - 3] === 0x61
  )
}
