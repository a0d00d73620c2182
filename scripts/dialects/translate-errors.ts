import { isJsonObject, type JsonObject, toOptionalString } from '../../src/core/json.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { readErrorFacts } from '../../src/translation/read-error-facts.ts'
import { ReplyTranslation } from '../../src/translation/translate.ts'
import { type ErrorSample, errorSamples, ordinary } from '../../test/translation/samples/error-samples.ts'
import { samplesOf } from './classify-fields.ts'

/** An error as a client reads it. */
export interface SeenError {
  /** Undefined in a stream. */
  readonly status?: number
  readonly type?: string
  readonly code?: string
  readonly message?: string
}

/** An error of a provider, and what the clients of the other dialects see. */
export interface TranslatedError {
  readonly own: SeenError
  /** By the name of the client's dialect. The message is there if it differs from the provider's. */
  readonly seen: Readonly<Record<string, SeenError>>
}

/** The errors by the key of the provider's, and what each client sees, as the tests know them. */
export type ErrorOutcomes = Readonly<Record<string, TranslatedError['seen']>>

/** Names an error: `Messages 429 rate_limit_error`. */
export function toErrorKey(from: Dialect, own: SeenError): string {
  return `${samplesOf(from).name} ${describeError(own)}`
}

/** Describes an error: `400 invalid_request_error (context_length_exceeded)`. */
export function describeError({ status, type, code, message }: SeenError): string {
  const words = [status ?? 'in a stream', type, code === undefined ? undefined : `(${code})`]
  const known = words.filter((word) => word !== undefined).join(' ')
  return message === undefined || message === ordinary ? known : `${known}: ${message}`
}

/** Translates the errors of a provider's dialect for the clients of all others. */
export function translateErrors(from: Dialect): readonly TranslatedError[] {
  const clients = [...errorSamples.keys()].filter((to) => to !== from)
  return (errorSamples.get(from) ?? []).map((sample) => {
    const own = readError(sample.body as JsonObject, sample.status)
    const seen = clients.map((to) => {
      const { message, ...error } = translateError(sample, from, to)
      return [samplesOf(to).name, { ...error, ...(message !== own.message && { message }) }] as const
    })
    return { own, seen: Object.fromEntries(seen) }
  })
}

function translateError({ status, body }: ErrorSample, from: Dialect, to: Dialect): SeenError {
  if (status !== undefined) {
    const facts = readErrorFacts(body as JsonObject, status)
    return readError(to.toErrorBody(facts) as JsonObject, facts.status)
  }
  const context = { request: {}, id: '1', now: 1, model: 'm', wantsUsage: true }
  const text = new ReplyTranslation(from, to, context).toEvents(body as JsonObject, JSON.stringify(body))
  const [, data = ''] = /^data: (.*)$/m.exec(text) ?? []
  return readError(JSON.parse(data), undefined)
}

/** Reads the error of any dialect. */
function readError(body: JsonObject, status: number | undefined): SeenError {
  const holder = isJsonObject(body.response) ? body.response : body
  const error = isJsonObject(holder.error) ? holder.error : holder
  const info = Array.isArray(error.details)
    ? error.details.filter(isJsonObject).find(({ reason }) => reason)
    : undefined
  const found = {
    status,
    // A type of OpenAI or Anthropic, or a status of Google.
    type: toOptionalString(error.type) ?? toOptionalString(error.status),
    code: toOptionalString(error.code) ?? toOptionalString(info?.reason),
    message: toOptionalString(error.message),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}
