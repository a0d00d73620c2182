import type { JsonObject } from '../core/json.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { DroppedFields } from './fields.ts'
import type { Prompt } from './prompt.ts'
import type { ReplyContext, ReplyEvent, ReplyReader, ReplyWriter } from './reply.ts'

/** How a dialect of conversations is read and written in the neutral form. */
export interface Translator {
  readonly dialect: Dialect
  /** True if responses are counts of the request's tokens. */
  readonly isCounter?: true
  /**
   * Reads a request. Names the fields that no other dialect can carry. Throws GatewayError `invalid_value` for a value
   * of a wrong type, and `field_not_translatable` for a field whose loss would change the response's meaning.
   */
  readPrompt(body: JsonObject, dropped: DroppedFields, request: RequestFacts): Prompt
  /** Writes a request. Names the settings and parts that this dialect cannot carry. Throws like `readPrompt`. */
  writePrompt(prompt: Prompt, target: TargetFacts, dropped: DroppedFields): JsonObject
  createReader(): ReplyReader
  createWriter(context: ReplyContext): ReplyWriter
  /** Reads a complete response. */
  readReply(body: JsonObject): readonly ReplyEvent[]
  /** The data of the event after a complete stream; absent if an event of its own ends the stream. */
  readonly terminator?: string
  /** Formats one event, as `createWriter` returns it, for a stream. */
  toEventText(event: JsonObject): string
}

/** Facts of a request that are not in its body. */
export interface RequestFacts {
  readonly isStream: boolean
}

/** Facts of the target that a request depends on. */
export interface TargetFacts {
  /** The provider's own name. */
  readonly model: string
  /** The field that limits the output; undefined if the provider's declaration does not know it. */
  readonly limitField: string | undefined
  /** Undefined if it is unknown. */
  readonly maxOutputTokens: number | undefined
  /** False while the target is not known yet: then nothing is left out for the sake of a server. True if unset. */
  readonly isChosen?: boolean
}
