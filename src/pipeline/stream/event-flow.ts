import type { EventView } from '../../core/event-view.ts'
import type { StreamReader } from '../../dialects/stream-reader.ts'
import { createEventSplitter, type EventSplitter, type Judgement } from '../../sse/split-events.ts'
import type { Stage } from './stage.ts'

/** Events that wait for a stage; those without `until` wait behind others. */
export interface HeldEvents {
  readonly until: Promise<void> | undefined
  readonly bytes: readonly Uint8Array[]
}

/**
 * The events of one stream: its bytes are split once, the reader and each stage see every event. Where no stage changes anything, the bytes of a
 * chunk pass in one piece.
 */
export class EventFlow {
  readonly #reader: StreamReader
  readonly #stages: readonly Stage[]
  readonly #maxEventBytes: number
  readonly #splitter: EventSplitter
  #hasContent = false
  #isTooLong = false
  /** In order, behind what has passed. The relay takes them out. */
  readonly held: HeldEvents[] = []

  constructor(reader: StreamReader, stages: readonly Stage[], maxEventBytes: number) {
    this.#reader = reader
    this.#stages = stages.filter(({ onEvent }) => onEvent !== undefined)
    this.#maxEventBytes = maxEventBytes
    this.#splitter = createEventSplitter((event) => this.#judge(event))
  }

  /** The bytes of a chunk that may pass at once. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    this.#hasContent = false
    return this.#splitter.push(chunk)
  }

  /** The last chunk had an event with data. */
  get hasContent(): boolean {
    return this.#hasContent
  }

  get isTooLong(): boolean {
    return this.#isTooLong || this.#splitter.restLength() > this.#maxEventBytes
  }

  /** Half an event has come. */
  get isInEvent(): boolean {
    return this.#splitter.restLength() > 0
  }

  /** An event that its stream ended without ending it. */
  rest(): Uint8Array {
    return this.#splitter.rest()
  }

  #judge(event: EventView): Judgement {
    this.#isTooLong ||= event.end - event.start > this.#maxEventBytes
    if (this.#isTooLong) return false
    this.#hasContent ||= event.hasData
    const judgement = this.#reader.see(event)
    if (this.#stages.length === 0 || judgement === false) return judgement
    return this.#passStages(judgement === true ? event : toView(judgement), judgement)
  }

  #passStages(first: EventView, judgement: Judgement): Judgement {
    let events: readonly EventView[] = [first]
    const waits: Promise<void>[] = []
    for (const stage of this.#stages) {
      events = events.flatMap((event) => {
        const verdict = stage.onEvent?.(event)
        switch (verdict?.kind) {
          case 'drop':
            return []
          case 'replace':
            return verdict.events.map(toView)
          case 'hold':
            waits.push(verdict.until)
        }
        return [event]
      })
    }
    const isSame = events.length === 1 && events[0] === first
    if (waits.length === 0 && this.held.length === 0) return isSame ? judgement : join(events)
    const until = waits.length === 0 ? undefined : Promise.all(waits).then(() => {})
    this.held.push({ until, bytes: events.map(toBytes) })
    return false
  }
}

function toView(bytes: Uint8Array): EventView {
  return { bytes, start: 0, end: bytes.length, hasData: true, mayHaveUsage: true }
}

function toBytes({ bytes, start, end }: EventView): Uint8Array {
  return bytes.subarray(start, end)
}

function join(events: readonly EventView[]): Judgement {
  if (events.length === 0) return false
  const joined = new Uint8Array(events.reduce((length, { start, end }) => length + end - start, 0))
  let at = 0
  for (const event of events) {
    joined.set(toBytes(event), at)
    at += event.end - event.start
  }
  return joined
}
