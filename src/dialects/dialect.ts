import type { JsonObject } from '../core/json.ts'
import type { Region, ServiceTier, Usage } from '../core/usage.ts'
import type { MediaQuantities, SearchContext } from '../metering/price.ts'
import type { HiddenField } from '../openai/hidden-fields.ts'
import type { OtherModel } from '../openai/other-models.ts'
import type { ResponseHeaders } from './response-headers.ts'

/** An error to be formatted in a dialect: an error of Weir, or an upstream error without a known format. */
export interface ErrorFacts {
  readonly status: number
  readonly message: string
  /** OpenAI's error type, such as `invalid_request_error`. */
  readonly type: string
  readonly code: string | null
  /** The invalid field. */
  readonly param?: string | undefined
  /** Further members of the error object. */
  readonly details?: Readonly<Record<string, string>> | undefined
  /** The seconds of `retry-after`, for a dialect whose clients do not read headers. */
  readonly retryAfterSeconds?: number | undefined
}

/** The fields of a request that Weir decides by; all others pass. */
export interface RequestFacts {
  /** The model name from the caller; undefined if the dialect does not require one, or has it in the path. */
  readonly model: string | undefined
  readonly isStream: boolean
  /** False if the caller does not expect usage in a stream: Weir hides it. */
  readonly wantsUsage: boolean
}

/** The facts in the path of a request, in a format whose bodies do not name their model. */
export interface PathFacts {
  readonly model: string
  readonly isStream: boolean
}

/** The headers of a call. Names in lower case. */
export type CallHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** The labels under which reports show a call. */
export interface RequestLabels {
  /** The name of the end user; empty if none is named. */
  readonly endUser: string
  /** As `name:value`. */
  readonly tags: readonly string[]
}

/** Upper bounds of the usage of a request, derived from its fields (S59). */
export interface RequestBounds {
  /** A high estimate of the input tokens, without tokens that the provider adds, such as an earlier response. */
  readonly inputTokens: number
  /**
   * Maximum output tokens per choice: the caller's limit, or an estimate for pictures and speech; undefined if
   * unbounded, 0 if there is no output.
   */
  readonly maxOutputTokens: number | undefined
  /** Number of outputs: choices times prompts. */
  readonly choices: number
  /** Undefined if no pictures are generated. */
  readonly images?: { readonly count: number; readonly size: string | undefined; readonly quality: string | undefined }
  /** Characters of the text to speak; undefined if nothing is spoken. */
  readonly characters?: number
  /** True if the request's audio is billed by its length. */
  readonly isAudio?: boolean
  /** The requested service tier; undefined for the default tier. */
  readonly serviceTier?: ServiceTier | undefined
  /** The requested region; undefined for any. */
  readonly region?: Region | undefined
  /** Maximum web searches by the provider's hosted tool; undefined if the request does not offer it. */
  readonly webSearches?: number | undefined
  /** Maximum web searches by OpenAI's older tool. */
  readonly webSearchPreviews?: number | undefined
  /** Maximum searches of stored files. */
  readonly fileSearches?: number | undefined
  /** Web searches that always happen and that no response reports. */
  readonly certainSearches?: number
  /** The context size of a web search, if the request sets one. */
  readonly searchContext?: SearchContext | undefined
  /** Pictures that the provider's image tool may draw with a separate model; undefined without that tool. */
  readonly drawing?: DrawingBounds | undefined
}

export interface DrawingBounds {
  /** Undefined if the provider chooses the model. */
  readonly model: string | undefined
  readonly images: number
  /** Tokens of one picture, if it is billed by tokens. */
  readonly tokens: number
  readonly size: string | undefined
  readonly quality: string | undefined
}

/** Facts of a form other than its fields. */
export interface FormFacts {
  /** Number of files that have started. */
  readonly files: number
  /** False if fields and files may follow: bounds then assume the maximum that they can request (case C7). */
  readonly isWhole: boolean
}

/** The output limit of a request, which a budget can lower to an affordable number of tokens. */
export interface OutputLimitFormat {
  /** Returns the caller's limit under these names, the largest of several; undefined if the caller sets none. */
  read(body: JsonObject, names: readonly string[]): number | undefined
  /**
   * Returns the request members that limit each choice to `tokens`: the names that the caller set to more, otherwise
   * the first name. Never raises a limit.
   */
  toMembers(body: JsonObject, names: readonly string[], tokens: number): JsonObject
  /** Returns the member that makes a truncated response useless: a JSON format or a forced tool call. */
  needsCompleteFor(body: JsonObject): string | undefined
  /**
   * Returns the tokens that the request reserves for reasoning, or 0. A limit must exceed them: providers reject
   * others, or send no output.
   */
  reasoningOf(body: JsonObject): number
  /** The finish reason of a response that has reached its limit. */
  readonly truncationReason: string
  /** True for a background request: its cost is unknown when the call is settled (case C1). */
  isDeferred(body: JsonObject): boolean
}

/** A format whose provider keeps responses, which later requests name by their ids. */
export interface StateFormat {
  /** True if a request lets the provider keep its response. */
  isKept(body: JsonObject): boolean
  /** Returns the id of the earlier response that a request continues. */
  previousId(body: JsonObject): string | undefined
  /** Returns the id of a response, from the complete one or from an event of its stream. */
  idOf(data: JsonObject): string | undefined
}

/** The facts of a complete response. */
export interface ResponseFacts {
  readonly usage: Usage | undefined
  readonly finishReason: string | undefined
  /** True for a 200 that contains an error instead of a result (R10, case A5). */
  readonly isError: boolean
  /** True for a response that reports a failed run and its error: it passes, and its usage is charged (case A5). */
  readonly hasFailed?: boolean
  /** False if the required result member is missing. */
  readonly hasResult: boolean
  /** True for a response sent before the run has finished: it reports no usage (case C1). */
  readonly isDeferred?: boolean
  /** The output text, to estimate tokens if the usage has none; empty otherwise, and if the output is not tokens. */
  readonly outputText: string
  /** Generated media such as pictures, as the response reports them; absent if it does not. */
  readonly media?: MediaQuantities
}

/** The event format of a streamed response. Each function reads the JSON of one event. */
export interface EventFormat {
  /** The data of the last event, such as `[DONE]`; undefined if the content of an event marks it as the last. */
  readonly terminator: string | undefined
  /**
   * The name of the event that ends every complete stream: clients fail without it, even after a finish reason. Absent
   * if a stream is complete with its finish reason.
   */
  readonly lastEvent?: string
  /** The name of the event that holds an error; absent if clients find errors in events without a name. */
  readonly errorEvent?: string
  /**
   * Reads the counts of an event. The maximum over all events applies: some repeat, add up, or end in zeros (case C5).
   */
  usageOf(data: JsonObject): Partial<Usage> | undefined
  /** Returns the path of an event's usage, to which Weir adds the cost. */
  usagePath(data: JsonObject): readonly string[]
  /** True if any event may report usage, which makes Weir check each; false if only the last events do. */
  readonly hasUsageAnywhere: boolean
  /** True for an event that reports only usage. */
  isUsageAlone(data: JsonObject): boolean
  /** Returns the finish reason, if the event reports the end of the response. */
  finishOf(data: JsonObject): string | undefined
  /** The finish reason of a truncated choice. One truncated choice of several makes it the stream's reason. */
  readonly truncationReason?: string
  /** Returns the choices that an event finishes; absent if a stream has only one choice. */
  finishedChoices?(data: JsonObject): readonly number[]
  isError(data: JsonObject): boolean
  /** True for a content event. A stream without one is empty. Absent if any event counts as content. */
  isContent?(data: JsonObject): boolean
  /**
   * True for an event that completes a picture, judged by its first bytes because the rest is long; absent if streams
   * have no pictures.
   */
  isPicture?(beginning: string): boolean
  /** Returns the output text that an event adds. */
  textOf(data: JsonObject): string
  /**
   * How the output is estimated without usage. `text`: by the lengths of all events and the text of the last events,
   * because the events of a stream share an envelope. `deltas`: one token per event whose type ends in `.delta`.
   */
  readonly estimatedBy: 'text' | 'deltas'
  /** True if the end of the connection is a regular end, because Weir does not understand the events. */
  readonly endsWithConnection: boolean
  /** True if the platform may relay the stream by a native pipe, which delivers the last events to Weir late. */
  readonly mayOffload: boolean
  /** The bytes that keep a silent stream alive; a comment if unset. */
  readonly heartbeat?: Uint8Array
  /** Formats an error of Weir within a stream. */
  toErrorEvent(error: ErrorFacts): string
}

/** How to find a reply that has nothing for its caller. */
export interface ReplyFormat {
  /**
   * True for an event or a complete response with text, visible reasoning, a call of a tool, a refusal, a picture, sound,
   * a vector, or anything else that Weir does not know. White space is text.
   */
  hasOutput(data: JsonObject): boolean
  /** True for an event or a complete response in which a policy refuses the reply; absent if none says so. */
  isRefusal?(data: JsonObject): boolean
  /** The finish reasons of a turn that the model itself ended; absent if a model has no turn in which to say nothing. */
  readonly turnEnds?: ReadonlySet<string>
  /** The finish reasons of a fault. All others, such as a limit or a policy, explain a reply without output. */
  readonly faultyEnds?: ReadonlySet<string>
}

/**
 * The wire format of an operation, for clients and upstreams. If both use the same dialect, bytes pass unchanged. Only
 * the dialect knows its fields, and no code outside of its file compares its id.
 */
export interface Dialect {
  readonly id: string
  /** The body types that a request may have. */
  readonly body: 'json' | 'form' | 'json-or-form'
  /** True if bodies may contain audio or pictures, which have a separate size limit. */
  readonly hasMedia: boolean
  /** The form field that names the model. */
  readonly formModel: { readonly field: string; readonly isRequired: boolean } | undefined
  /** JSON Schema of the fields that `readRequest` reads, for `/openapi.json`. */
  readonly requestSchema: JsonObject
  /** True if the path names the model and whether the response is a stream. False if unset. */
  readonly isModelInPath?: boolean
  /**
   * Throws GatewayError `missing_required_parameter` or `invalid_value` for an invalid field that Weir needs. `path` is
   * only given if `isModelInPath`.
   */
  readRequest(body: JsonObject, path?: PathFacts): RequestFacts
  /** Reads the labels of a request; absent if they are in OpenAI's fields `user`, `safety_identifier` and `metadata`. */
  readLabels?(body: JsonObject, headers: CallHeaders): RequestLabels
  /** Returns the models that a request names in addition to `model`, in fields that routers read (S89). */
  otherModels(body: JsonObject): readonly OtherModel[]
  /**
   * Returns a field that affects `boundRequest` or the usage, in a place where only a router finds it; absent if the
   * format has no such places.
   */
  findHidden?(body: JsonObject): HiddenField | undefined
  /**
   * Throws GatewayError `invalid_value` for an invalid limit or number of choices. A form's `body` has the read fields.
   */
  boundRequest(body: JsonObject, form?: FormFacts): RequestBounds
  /** Absent if no limit bounds the output. */
  readonly outputLimit?: OutputLimitFormat
  /** Returns the fields that enable usage in a stream; undefined if it is always on or not possible. Must not throw. */
  toUsageRequest(body: JsonObject): JsonObject | undefined
  /**
   * Returns the fields that set the upstream's model name in a body; empty if the name is only in the path.
   */
  toModelFields(model: string, body: JsonObject): JsonObject
  /** Returns the number of choices of a stream, each of which finishes; absent if it has only one. */
  countChoices?(body: JsonObject): number
  /** True if a response is JSON, or events for a stream: its first bytes decide, not its content type. */
  readonly respondsInJson: boolean
  /** True if a request asks for a JSON response; absent if it cannot request another format. */
  requestsJson?(body: JsonObject): boolean
  readResponse(body: JsonObject): ResponseFacts
  /** Absent if a response is never empty, or its emptiness a result. */
  readonly reply?: ReplyFormat
  /** Absent if the provider keeps no state between requests. */
  readonly state?: StateFormat
  /** Answers a request with Weir's own estimate, for a provider that cannot; absent if only a provider can. */
  toEstimate?(body: JsonObject): JsonObject
  readonly responseHeaders: ResponseHeaders
  /**
   * Converts a complete response to the text of the events that the caller requested, with usage; undefined if it lacks
   * the content of the events. Absent if the format has no streams.
   */
  toEvents?(response: JsonObject): string | undefined
  /** Joins the events of a stream to a complete response; undefined if they do not form one. */
  fromEvents?(events: readonly JsonObject[]): JsonObject | undefined
  readonly events: EventFormat
  /** Returns the status of an error that arrived with a 200, by its own type; absent if errors contain their status. */
  statusOf?(failure: JsonObject): number | undefined
  toErrorBody(error: ErrorFacts): object
}
