import type { JsonObject } from '../core/json.ts'
import type { Region, ServiceTier, Usage } from '../core/usage.ts'
import type { MediaQuantities, SearchContext } from '../metering/price.ts'
import type { HiddenField } from '../openai/hidden-fields.ts'
import type { OtherModel } from '../openai/other-models.ts'
import type { ResponseHeaders } from './response-headers.ts'

/** An error to be written in a dialect: one of Weir's, or an upstream's that has no shape of its own. */
export interface ErrorFacts {
  readonly status: number
  readonly message: string
  /** In OpenAI's words, such as `invalid_request_error`. */
  readonly type: string
  readonly code: string | null
  /** The field at fault. */
  readonly param?: string | undefined
}

/** The fields of a request by which Weir decides; all others pass. */
export interface RequestFacts {
  /** As the caller named it; undefined where the dialect can do without, or names it in the path. */
  readonly model: string | undefined
  readonly isStream: boolean
  /** False where the caller does not expect the usage of a stream: Weir hides it. */
  readonly wantsUsage: boolean
}

/** The most that a request may use, as far as its own words tell (S59). */
export interface RequestBounds {
  /** Estimated, high rather than low. Tokens that a provider adds by itself, such as an earlier response, are not in it. */
  readonly inputTokens: number
  /** Of one choice, as the caller bounds it, or guessed of pictures and speech; undefined where neither is done. 0 where no tokens are put out. */
  readonly maxOutputTokens: number | undefined
  /** How often the output may come: choices, for each prompt. */
  readonly choices: number
  /** Undefined where no pictures are made. */
  readonly images?: { readonly count: number; readonly size: string | undefined; readonly quality: string | undefined }
  /** Of text to be spoken; undefined where nothing is spoken. */
  readonly characters?: number
  /** True where the request's audio is paid by its length. */
  readonly isAudio?: boolean
  /** The tier of service that is asked for; undefined for the plain one. */
  readonly serviceTier?: ServiceTier | undefined
  /** The region that is asked for; undefined for any. */
  readonly region?: Region | undefined
  /** The most searches of the web, and of stored files, that the provider may make by itself; undefined where none are asked for. */
  readonly webSearches?: number | undefined
  /** The same by OpenAI's older tool. */
  readonly webSearchPreviews?: number | undefined
  readonly fileSearches?: number | undefined
  /** The searches of the web that are made in any case, and that no answer tells of. */
  readonly certainSearches?: number
  /** How much of the web a search reads, where the request says so. */
  readonly searchContext?: SearchContext | undefined
  /** Pictures that the provider may draw by itself, with a model of its own; undefined where none are asked for. */
  readonly drawing?: DrawingBounds | undefined
}

export interface DrawingBounds {
  /** Undefined where the provider chooses. */
  readonly model: string | undefined
  readonly images: number
  /** Of one of them, where it is paid by tokens. */
  readonly tokens: number
  readonly size: string | undefined
  readonly quality: string | undefined
}

/** A form beside its fields. */
export interface FormFacts {
  /** That have begun. */
  readonly files: number
  /** False where further fields and files may follow: they count at the most that they could ask for (case C7). */
  readonly isWhole: boolean
}

/** How the output of a request is bounded, for a budget that lowers the bound to what it can pay. */
export interface OutputLimitFormat {
  /** The caller's own limit under one of these names, the largest of several; undefined where it sets none. */
  read(body: JsonObject, names: readonly string[]): number | undefined
  /**
   * The members of a request that bound each choice by `tokens`: those of these names that the caller uses for more, else the first name. None is
   * raised.
   */
  toMembers(body: JsonObject, names: readonly string[], tokens: number): JsonObject
  /** The member for whose sake an answer must come whole, since half of it is of no use: JSON, or a call that is forced. */
  uncutFor(body: JsonObject): string | undefined
  /** The tokens that the request sets apart for reasoning: a limit that is not above them is refused, or leaves no room for an answer. 0 if none. */
  reasoningOf(body: JsonObject): number
  /** The finish reason of an answer that has reached its limit. */
  readonly cutReason: string
  /** True for a request that is answered before its work is done: its cost is not known when it is settled (case C1). */
  isDeferred(body: JsonObject): boolean
}

/** The facts of a whole answer. */
export interface ResponseFacts {
  readonly usage: Usage | undefined
  readonly finishReason: string | undefined
  /** A 200 that reports an error in place of an answer (R10, case A5). */
  readonly isError: boolean
  /** True for an answer that tells of a failed work and its error: it passes, and owes the usage that it tells (case A5). */
  readonly hasFailed?: boolean
  /** False where the member is missing without which it is no answer. */
  readonly hasResult: boolean
  /** True for an answer that came before its work is done: it tells nothing of its cost (case C1). */
  readonly isDeferred?: boolean
  /** The output, for an estimate where the usage counts none; empty otherwise, and where the output is no tokens. */
  readonly outputText: string
  /** The pictures and the like that were made, as the answer itself tells them; left out where it does not. */
  readonly media?: MediaQuantities
}

/** The events of a streamed answer. Each function looks at the JSON of one event. */
export interface EventFormat {
  /** The data of an event after which nothing may follow, such as `[DONE]`; undefined where the last event is known by its content. */
  readonly terminator: string | undefined
  /** The counts that an event reports. Of all events the largest of each counts: some repeat them, some add to them, some end in zeros (case C5). */
  usageOf(data: JsonObject): Partial<Usage> | undefined
  /** Where an event reports its usage, for the cost that Weir adds to it. */
  usagePath(data: JsonObject): readonly string[]
  /** True where usage may stand in any event: each one has to be looked at; false where the last events have it. */
  readonly hasUsageAnywhere: boolean
  /** True for an event that reports usage and nothing else. */
  isUsageAlone(data: JsonObject): boolean
  /** The reason for which the answer ended, where the event says that it did. */
  finishOf(data: JsonObject): string | undefined
  /** The reason of a choice that has reached its limit: of several choices it is the stream's, since one of them is not whole. */
  readonly cutReason?: string
  /** The choices that an event finishes; left out where a stream has but one. */
  finishedChoices?(data: JsonObject): readonly number[]
  isError(data: JsonObject): boolean
  /** True for an event without whose like a stream comes to no answer; left out where any event will do. */
  isContent?(data: JsonObject): boolean
  /** True for an event that ends a picture, by the text of its beginning, since the rest is long; left out where no pictures come as events. */
  isPicture?(beginning: string): boolean
  /** The output that an event adds. */
  textOf(data: JsonObject): string
  /**
   * How the output is estimated where no usage came: `text` by the lengths of all events and the text in the last of them, since those of a stream
   * share an envelope; `deltas` by the number of events of a type that ends in `.delta`, each a token.
   */
  readonly estimatedBy: 'text' | 'deltas'
  /** True where the end of the connection is a regular end, since nothing is known of the events. */
  readonly endsWithConnection: boolean
  /** True where a stream may be relayed by the platform, which tells of the last events late. */
  readonly mayOffload: boolean
  /** An error of Weir's in the middle of a stream. */
  toErrorEvent(error: ErrorFacts): string
}

/**
 * The wire format of an operation, as a client speaks it and an upstream may speak it too. Where both speak the same one, bytes pass; a dialect
 * is the only place that knows its fields, and nothing outside of its file compares its id.
 */
export interface Dialect {
  readonly id: string
  /** How the body comes. */
  readonly body: 'json' | 'form' | 'json-or-form'
  /** True where bodies may hold audio or pictures, which have a size limit of their own. */
  readonly hasMedia: boolean
  /** The field of a form that names its model. */
  readonly formModel: { readonly field: string; readonly isRequired: boolean } | undefined
  /** The fields that `readRequest` looks at, as a JSON Schema for `/openapi.json`. */
  readonly requestSchema: JsonObject
  /** Throws GatewayError `missing_required_parameter` or `invalid_value` for a field that Weir must understand and cannot. */
  readRequest(body: JsonObject): RequestFacts
  /** The models that a request names beside its own, by fields that routers take (S89). */
  otherModels(body: JsonObject): readonly OtherModel[]
  /**
   * A field by which `boundRequest`, or the count of what is used, would go, and which stands where only a router finds it; left out where there are no
   * such places.
   */
  findHidden?(body: JsonObject): HiddenField | undefined
  /** Throws GatewayError `invalid_value` for a limit or a number of choices that is none. Of a form, `body` holds the fields that were read. */
  boundRequest(body: JsonObject, form?: FormFacts): RequestBounds
  /** Left out where no limit bounds the output. */
  readonly outputLimit?: OutputLimitFormat
  /** The fields that have a streamed request report its usage; undefined where it does so unasked, or cannot. Must not throw. */
  toUsageRequest(body: JsonObject): JsonObject | undefined
  /** The fields of a request whose model has another name upstream. Empty where the name stands in the path. */
  toModelFields(model: string): JsonObject
  /** The choices of a stream, each of which finishes; left out where it has but one. */
  countChoices?(body: JsonObject): number
  /** True where an answer is JSON, or events where the request asked for a stream: then its first bytes tell what it is, whatever its type says. */
  readonly answersInJson: boolean
  /** Whether a request asks for its answer in JSON, where it may ask for another format too; left out where it may not. */
  asksForJson?(body: JsonObject): boolean
  readAnswer(body: JsonObject): ResponseFacts
  readonly answerHeaders: ResponseHeaders
  /**
   * A whole answer as the stream that the caller asked for, usage and all, in the text of its events; undefined where it lacks what they are made of. Left
   * out where there are no streams.
   */
  toEvents?(answer: JsonObject): string | undefined
  /** The whole answer that the events of a stream amount to; undefined where they amount to none. */
  fromEvents?(events: readonly JsonObject[]): JsonObject | undefined
  readonly events: EventFormat
  toErrorBody(error: ErrorFacts): object
}
