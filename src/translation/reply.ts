import type { JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { ErrorFacts } from '../dialects/dialect.ts'
import type { Signature } from './signature.ts'

/**
 * An event of a reply in no dialect. A reply is `start`, blocks, `finish`; a block is `open`, any number of `delta`,
 * `close`, and only one is open at a time. An `error` ends it early.
 */
export type ReplyEvent =
  | {
      readonly kind: 'start'
      readonly id: string | undefined
      readonly model: string | undefined
      readonly usage?: Usage | undefined
    }
  | { readonly kind: 'open'; readonly block: Block }
  | { readonly kind: 'delta'; readonly text: string; readonly logprobs?: readonly JsonObject[] | undefined }
  | { readonly kind: 'close'; readonly signature?: Signature | undefined }
  | { readonly kind: 'finish'; readonly finish: Finish; readonly usage: ReplyUsage | undefined }
  | { readonly kind: 'error'; readonly error: ErrorFacts }

export type Block =
  | { readonly kind: 'text' | 'reasoning' | 'refusal' }
  | {
      readonly kind: 'tool-call'
      readonly id: string
      readonly name: string
      /** True if its deltas are the text for a custom tool. Otherwise they are JSON, also where a function stands for it. */
      readonly isCustom?: boolean
    }

export interface Finish {
  readonly reason: 'stop' | 'stop-sequence' | 'length' | 'tool-calls' | 'filter' | 'pause'
  /** The provider's own word. */
  readonly raw: string
  readonly stopSequence?: string | undefined
}

export interface ReplyUsage {
  readonly counts: Usage
  /** USD, if the caller asked Weir for it; null if it is unknown. */
  readonly cost?: number | null | undefined
}

/** Reads the events of one reply. */
export interface ReplyReader {
  /** Reads the JSON of one event. */
  read(data: JsonObject): readonly ReplyEvent[]
  /** Returns the events that end a complete reply. A second call returns none. */
  end(): readonly ReplyEvent[]
  /** Characters held for later events; absent if they are few. */
  readonly heldLength?: number
}

/** Writes the events of one reply as those of a dialect. */
export interface ReplyWriter {
  /** True if a delta is not always written in the same way, because later events repeat or count it. */
  readonly countsDeltas?: boolean
  /** Characters held for later events; absent if they are few. */
  readonly heldLength?: number
  write(event: ReplyEvent): readonly JsonObject[]
}

/** The facts of a request that the writer of its reply uses. */
export interface ReplyContext {
  /** The caller's own body. */
  readonly request: JsonObject
  /** For a reply without one. */
  readonly id: string
  /** Seconds since 1970. */
  readonly now: number
  readonly model: string
  readonly wantsUsage: boolean
}
