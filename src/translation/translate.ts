import type { JsonObject } from '../core/json.ts'
import { chatCompletions } from '../dialects/chat-completions.ts'
import type { Dialect, ErrorFacts } from '../dialects/dialect.ts'
import { generateContent } from '../dialects/generate-content.ts'
import { messages } from '../dialects/messages.ts'
import { responses } from '../dialects/responses.ts'
import { chatTranslator } from './chat/chat-translator.ts'
import { DeltaTemplate } from './delta-template.ts'
import { DroppedFields } from './fields.ts'
import { geminiTranslator } from './gemini/gemini-translator.ts'
import { messagesTranslator } from './messages/messages-translator.ts'
import { readErrorFacts } from './read-error-facts.ts'
import type { ReplyContext, ReplyEvent } from './reply.ts'
import { responsesTranslator } from './responses/responses-translator.ts'
import { tokenCounters } from './token-counters.ts'
import type { RequestFacts, TargetFacts, Translator } from './translator.ts'

const translators = new Map<Dialect, Translator>([
  [chatCompletions, chatTranslator],
  [messages, messagesTranslator],
  [generateContent, geminiTranslator],
  [responses, responsesTranslator],
  ...tokenCounters.map((counter) => [counter.dialect, counter] as const),
])

/** True if calls of one dialect can be sent as calls of the other: conversations, or counts of their tokens. */
export function canTranslate(from: Dialect, to: Dialect): boolean {
  const [reader, writer] = [translators.get(from), translators.get(to)]
  return reader !== undefined && writer !== undefined && reader.isCounter === writer.isCounter
}

/**
 * Translates a request. `dropped` has the paths of fields that were left out. Throws GatewayError `invalid_value` or
 * `field_not_translatable`.
 */
export function translateRequest(
  body: JsonObject,
  from: Dialect,
  to: Dialect,
  request: RequestFacts,
  target: TargetFacts,
): { readonly body: JsonObject; readonly dropped: readonly string[] } {
  const dropped = new DroppedFields()
  const prompt = translatorOf(from).readPrompt(body, dropped, request)
  const written = translatorOf(to).writePrompt(prompt, target, dropped)
  return { body: written, dropped: dropped.list() }
}

/** A complete response in the caller's dialect, or the error that it reports instead. */
export type WholeReply =
  | { readonly kind: 'whole'; readonly body: JsonObject }
  | { readonly kind: 'error'; readonly error: ErrorFacts }

/** Translates the response to one request. */
export class ReplyTranslation {
  readonly #from: Translator
  readonly #to: Translator
  readonly #context: ReplyContext
  readonly #reader
  readonly #writer
  /** How the last event was translated, if it was a delta. */
  #template: DeltaTemplate | undefined

  /** `from` is the provider's dialect, `to` the caller's. */
  constructor(from: Dialect, to: Dialect, context: ReplyContext) {
    this.#from = translatorOf(from)
    this.#to = translatorOf(to)
    this.#context = context
    this.#reader = this.#from.createReader()
    this.#writer = this.#to.createWriter(context)
  }

  /** The caller's dialect. */
  get dialect(): Dialect {
    return this.#to.dialect
  }

  /** Characters of the reply that are held for later events. */
  get heldLength(): number {
    return (this.#reader.heldLength ?? 0) + (this.#writer.heldLength ?? 0)
  }

  /** Translates an event that is like the one before it; returns undefined for others. */
  copyDelta(event: string): string | undefined {
    return this.#template?.copy(event)
  }

  /** Translates one event of a stream to the text of any number of events. `data` is the JSON of `event`. */
  toEvents(data: JsonObject, event: string): string {
    this.#template = undefined
    const { dialect } = this.#from
    if (dialect.events.isError(data))
      return this.#to.dialect.events.toErrorEvent(readErrorFacts(data, dialect.statusOf?.(data)))
    const events = this.#reader.read(data)
    const text = this.#write(events)
    const [first] = events
    if (
      events.length === 1 &&
      first?.kind === 'delta' &&
      first.logprobs === undefined &&
      this.#writer.countsDeltas !== true
    )
      this.#template = DeltaTemplate.learn(first.text, event, text)
    return text
  }

  /** Returns the text of the events that end a complete stream; empty at a second call. */
  toLastEvents(): string {
    const text = this.#write(this.#reader.end())
    const { terminator } = this.#to
    return text === '' || terminator === undefined ? text : `${text}data: ${terminator}\n\n`
  }

  /** Translates a complete response; undefined if it has no reply. */
  toWhole(body: JsonObject): WholeReply | undefined {
    const events = this.#from.readReply(body)
    const failure = events.find((event) => event.kind === 'error')
    if (failure !== undefined) return failure
    const writer = this.#to.createWriter({ ...this.#context, wantsUsage: true })
    const whole = this.#to.dialect.fromEvents?.(events.flatMap((event) => writer.write(event)))
    return whole && { kind: 'whole', body: whole }
  }

  #write(events: readonly ReplyEvent[]): string {
    let text = ''
    for (const event of events) {
      if (event.kind === 'error') text += this.#to.dialect.events.toErrorEvent(event.error)
      else for (const written of this.#writer.write(event)) text += this.#to.toEventText(written)
    }
    return text
  }
}

function translatorOf(dialect: Dialect): Translator {
  const translator = translators.get(dialect)
  if (translator === undefined) throw new Error(`The dialect \`${dialect.id}\` is not one of conversations.`)
  return translator
}
