import { concat } from '../../core/byte-stream.ts'
import type { StreamReader } from '../../dialects/stream-reader.ts'
import {
  type ChunkText,
  createEventSplitter,
  type EventSplitter,
  type EventView,
  type Judgement,
} from '../../sse/split-events.ts'
import { pass, type Stage, type Verdict } from '../call/stage.ts'

/** An event that a stage holds. */
interface HeldEvent {
  readonly event: EventView
  /** Index of the stage. */
  readonly at: number
  readonly until: Promise<Verdict>
}

/**
 * The events of one stream: its bytes are split once, and each event passes the usage reader, then the stages. While a
 * stage holds an event, all later events wait before the stages, but not before the usage reader. If no stage changes
 * anything, the bytes of a chunk pass in one piece.
 */
export class EventFlow {
  readonly #reader: StreamReader
  readonly #maxEventBytes: number
  readonly #splitter: EventSplitter
  #stages: readonly Stage[]
  #held: HeldEvent | undefined = undefined
  /** Events queued behind the held one, each before the stage of that index. */
  #queue: { readonly event: EventView; readonly at: number }[] = []
  #hasContent = false
  #isTooLong = false

  constructor(reader: StreamReader, stages: readonly Stage[], maxEventBytes: number) {
    this.#reader = reader
    this.#stages = stages.filter(({ onEvent }) => onEvent !== undefined)
    this.#maxEventBytes = maxEventBytes
    this.#splitter = createEventSplitter((event, text) => this.#judge(event, text), maxEventBytes)
  }

  /** Returns the bytes of a chunk that may pass at once. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    this.#hasContent = false
    const runs = this.#splitter.push(chunk)
    // Each run is a write to the socket, which costs more than to copy them.
    return runs.length > 1 ? [concat(runs, lengthOf(runs))] : runs
  }

  /** True if the last chunk had an event with data. */
  get hasContent(): boolean {
    return this.#hasContent
  }

  get isTooLong(): boolean {
    return this.#isTooLong || this.#splitter.restLength() > this.#maxEventBytes
  }

  /** Bytes of the incomplete event. */
  get restLength(): number {
    return this.#splitter.restLength()
  }

  /** Bytes that the stages hold. */
  get heldBytes(): number {
    let held = 0
    for (const stage of this.#stages) held += stage.heldBytes?.() ?? 0
    return held
  }

  /** True if part of an event has arrived. */
  get isInEvent(): boolean {
    return this.#splitter.restLength() > 0
  }

  /** The promise of the stage that holds an event now. */
  get heldUntil(): Promise<Verdict> | undefined {
    return this.#held?.until
  }

  /** Decides about the held event, and returns the bytes that may then pass. Another event may be held afterwards. */
  release(verdict: Verdict): readonly Uint8Array[] {
    const held = this.#held
    const queue = this.#queue
    this.#held = undefined
    this.#queue = []
    const passed: EventView[] = []
    if (held !== undefined) this.#decide(verdict, held.event, held.at, passed)
    for (const { event, at } of queue) this.#passStages(event, at, passed)
    return passed.map(toBytes)
  }

  /** Returns the bytes after the last whole event. */
  takeRest(): Uint8Array | undefined {
    const rest = this.#splitter.rest()
    if (rest.length === 0) return undefined
    if (this.#held === undefined) return rest
    this.#queue.push({ event: toView(rest), at: this.#stages.length })
    return undefined
  }

  /** Returns the bytes that the stages add to the end of a complete stream. */
  complete(): readonly Uint8Array[] {
    const passed: EventView[] = []
    for (const [at, stage] of this.#stages.entries())
      for (const bytes of stage.onComplete?.() ?? []) this.#passStages(toView(bytes), at + 1, passed)
    return passed.map(toBytes)
  }

  /** Drops the incomplete event. */
  dropRest(): void {
    this.#splitter.dropRest()
  }

  /** Bypasses the stages: they see no further events, and none is held. */
  stopStages(): void {
    this.#stages = []
    this.#held = undefined
    this.#queue = []
  }

  #judge(event: EventView, text: ChunkText): Judgement {
    this.#isTooLong ||= event.end - event.start > this.#maxEventBytes
    if (this.#isTooLong) return false
    this.#hasContent ||= event.hasData
    const judgement = this.#reader.see(event)
    if (judgement === false || this.#stages.length === 0) return judgement
    const view = judgement === true ? event : toView(judgement)
    // Hot path: a translation is nearly always the only stage, and writes one event for each.
    const sole = this.#stages.length === 1 && this.#held === undefined ? this.#stages[0] : undefined
    if (sole !== undefined) return this.#passSole(sole, view, view === event ? text : undefined, judgement)
    const passed: EventView[] = []
    this.#passStages(view, 0, passed)
    return passed.length === 1 && passed[0] === view ? judgement : join(passed)
  }

  #passSole(stage: Stage, event: EventView, text: ChunkText, judgement: Judgement): Judgement {
    const verdict = stage.onEvent?.(event, text) ?? pass
    if (verdict.kind === 'pass') return judgement
    if (verdict.kind === 'replace' && verdict.events.length === 1) return verdict.events[0] ?? false
    const passed: EventView[] = []
    this.#decide(verdict, event, 0, passed)
    return join(passed)
  }

  /** Passes an event through the stages from index `at` on; appends the result of all of them to `passed`. */
  #passStages(event: EventView, at: number, passed: EventView[]): void {
    if (this.#held !== undefined) {
      this.#queue.push({ event, at })
      return
    }
    for (let index = at; index < this.#stages.length; index++) {
      const verdict = this.#stages[index]?.onEvent?.(event)
      if (verdict !== undefined && verdict.kind !== 'pass') {
        this.#decide(verdict, event, index, passed)
        return
      }
    }
    passed.push(event)
  }

  #decide(verdict: Verdict, event: EventView, at: number, passed: EventView[]): void {
    switch (verdict.kind) {
      case 'pass':
        this.#passStages(event, at + 1, passed)
        break
      case 'drop':
        break
      case 'replace':
        for (const bytes of verdict.events) this.#passStages(toView(bytes), at + 1, passed)
        break
      case 'hold':
        this.#held = { event, at, until: verdict.until }
        break
    }
  }
}

function toView(event: Uint8Array | string): EventView {
  const bytes = typeof event === 'string' ? encoder.encode(event) : event
  return { bytes, start: 0, end: bytes.length, hasData: true, mayHaveUsage: true }
}

const encoder = new TextEncoder()

function toBytes({ bytes, start, end }: EventView): Uint8Array {
  return bytes.subarray(start, end)
}

function join(events: readonly EventView[]): Judgement {
  if (events.length === 0) return false
  const runs = events.map(toBytes)
  return concat(runs, lengthOf(runs))
}

function lengthOf(runs: readonly Uint8Array[]): number {
  return runs.reduce((sum, { length }) => sum + length, 0)
}
