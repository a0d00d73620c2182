import { concat } from '../core/byte-stream.ts'
import type { EventView } from '../core/event-view.ts'

export interface EventSplitter {
  /** Takes one chunk; returns the bytes of the events that became whole and that `judge` kept, in order and unchanged. */
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

/**
 * Cuts a byte stream into Server-Sent Events without decoding it. Lines may end in LF, CR LF or CR.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * Only whole events come out, so that an error event or a heartbeat can follow at any moment; one pass over the bytes,
 * no copy unless an event spans two chunks.
 */
export function createEventSplitter(judge: (event: EventView) => boolean): EventSplitter {
  const state: ScanState = {
    ...{ lineLength: 0, afterReturn: false, awaitsLineFeed: false },
    ...{ hasBegun: false, hasData: false, mayHaveUsage: false },
  }
  let carried: Uint8Array[] = []
  let carriedLength = 0

  /** Closes the event that ends at `end`; its bytes if it is kept. */
  function close(chunk: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const { hasData, mayHaveUsage } = state
    const part = carriedLength === 0 ? { bytes: chunk, start, end } : joinCarried(chunk.subarray(start, end))
    state.hasBegun = false
    state.hasData = false
    state.mayHaveUsage = false
    return judge({ ...part, hasData, mayHaveUsage }) ? part.bytes.subarray(part.start, part.end) : undefined
  }

  function joinCarried(last: Uint8Array) {
    const end = carriedLength + last.length
    const bytes = concat([...carried, last], end)
    carried = []
    carriedLength = 0
    return { bytes, start: 0, end }
  }

  function carry(rest: Uint8Array): void {
    if (rest.length === 0) return
    carried.push(rest)
    carriedLength += rest.length
    // A name that the border between two chunks cuts in two would not be seen.
    state.mayHaveUsage = true
  }

  return {
    push(chunk) {
      const runs: Uint8Array[] = []
      let runStart = 0
      let eventStart = 0
      for (let end = findEnd(chunk, 0, state); end !== -1; end = findEnd(chunk, end, state)) {
        const isCarried = carriedLength > 0
        const kept = close(chunk, eventStart, end)
        if (isCarried || kept === undefined) {
          addRun(runs, chunk.subarray(runStart, eventStart))
          addRun(runs, kept)
          runStart = end
        }
        eventStart = end
      }
      addRun(runs, chunk.subarray(runStart, eventStart))
      carry(chunk.subarray(eventStart))
      return runs
    },
    restLength: () => carriedLength,
    rest: () => concat(carried, carriedLength),
  }
}

function addRun(runs: Uint8Array[], run: Uint8Array | undefined): void {
  if (run !== undefined && run.length > 0) runs.push(run)
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
  for (let at = from; at < chunk.length; at++) {
    const byte = chunk[at] ?? 0
    if (byte <= carriageReturn) {
      if (endsEvent(byte, state)) return takeLineFeed(chunk, at + 1, state)
      continue
    }
    if (state.lineLength === 0) startLine(byte, state)
    else if (byte === braceOpen) state.mayHaveUsage ||= endsUsageName(chunk, at)
    state.lineLength++
  }
  return -1
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
