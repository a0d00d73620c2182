import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Dialect, ErrorFacts, PathFacts, RequestFacts } from './dialect.ts'
import { openAIFormat, readModel, requireFields } from './openai-format.ts'
import { geminiResponseHeaders } from './response-headers.ts'

// The parts that the operations of Gemini's API share. Sources, read on 2026-11-30: https://ai.google.dev/api/generate-content,
// …/api/tokens, …/api/embeddings, https://protobuf.dev/programming-guides/json, and the types of @google/genai 3.3.0.

/**
 * Returns a reader of a member in either of the spellings that Google's parser accepts: `maxOutputTokens` and
 * `max_output_tokens`.
 */
export function field(name: string): (object: unknown) => unknown {
  const snake = toSnakeCase(name)
  return (object) => (isJsonObject(object) ? (object[name] ?? object[snake]) : undefined)
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

interface GeminiFields {
  /** The fields of which the first present one is required. */
  readonly required: readonly string[]
  /** Paths of the fields that bound or measure the cost of a call. */
  readonly counts?: readonly string[]
  /** Paths of the other fields that Weir decides by. */
  readonly reads?: readonly string[]
}

/** Creates the check and the schema of a request of Gemini's, whose path has the model. */
export function requireGeminiFields({
  required,
  counts = [],
  reads = [],
}: GeminiFields): Pick<Dialect, 'readRequest' | 'requestSchema' | 'findHidden' | 'isModelInPath'> {
  const fields = requireFields([], {
    needsModel: false,
    counts: [...required, ...counts].flatMap(toSpellings),
    reads: reads.flatMap(toSpellings),
  })
  const readers = required.map((name) => field(name))
  const [name = ''] = required
  const isOptional = required.length > 1
  return {
    ...fields,
    isModelInPath: true,
    requestSchema: {
      type: 'object',
      properties: Object.fromEntries(required.map((each) => [each, {}])),
      required: isOptional ? [] : [name],
      ...(isOptional && { anyOf: required.map((each) => ({ required: [each] })) }),
      additionalProperties: true,
    },
    readRequest(body, path): RequestFacts {
      fields.readRequest(body)
      refuseTwice(body, '')
      if (readers.every((read) => !isObjectOrList(read(body)))) {
        const found = required.find((each) => field(each)(body) !== undefined && field(each)(body) !== null)
        const message = `${found ?? name} field is required: ${found === undefined ? '' : 'it must be '}an object or a list, as in Gemini's API.`
        throw new GatewayError(found === undefined ? 'missing_required_parameter' : 'invalid_value', message, {
          param: found ?? name,
        })
      }
      return {
        model: readModel(path?.model, false),
        isStream: path?.isStream === true,
        wantsUsage: true,
      }
    },
  }
}

function isObjectOrList(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** Returns a path in every combination of the two spellings of its names. */
function toSpellings(path: string): readonly string[] {
  const [name = '', ...rest] = path.split('.')
  const own = [...new Set([name, toSnakeCase(name)])]
  if (rest.length === 0) return own
  const below = toSpellings(rest.join('.'))
  return own.flatMap((each) => below.map((inner) => `${each}.${inner}`))
}

/**
 * Throws GatewayError `invalid_value` for a member in both spellings, because servers differ in which of them applies
 * (S86).
 */
export function refuseTwice(object: unknown, path: string): void {
  if (!isJsonObject(object)) return
  for (const name in object) {
    const snake = toSnakeCase(name)
    if (snake === name || !Object.hasOwn(object, snake)) continue
    const param = `${path}${snake}`
    throw new GatewayError('invalid_value', `Send \`${path}${name}\` once, not also as \`${snake}\`.`, { param })
  }
}

/** Throws GatewayError `invalid_value` for a model in the body that is not the one in the path. */
export function refuseOtherModel(model: unknown, param: string, path: PathFacts | undefined): void {
  if (model === undefined || model === null || path === undefined) return
  if (typeof model === 'string' && withoutCollection(model) === path.model) return
  throw new GatewayError('invalid_value', `\`${param}\` must be the model in the path, or left out.`, { param })
}

function withoutCollection(model: string): string {
  return model.startsWith('models/') ? model.slice('models/'.length) : model
}

/** Returns the value as a list. Google's parser accepts one object in place of a list. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined || value === null ? [] : [value]
}

/** Reads a count. Rejects strings, which Google's parser accepts for a number. */
export function readCount(value: unknown, param: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new GatewayError('invalid_value', `${param} must be a whole number, 0 or more.`, { param })
}

/**
 * Google's names of the statuses. Sources: https://google.aip.dev/193, https://cloud.google.com/apis/design/errors, and
 * for 402 https://ai.google.dev/gemini-api/docs/generate-content/api-errors, read on 2026-11-30.
 */
const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'UNIMPLEMENTED',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  // Anthropic's status of an overloaded server.
  529: 'UNAVAILABLE',
}

const retryInfo = 'type.googleapis.com/google.rpc.RetryInfo'

/**
 * Returns the delay in the details of an error of Google, whose clients do not see headers: `{retryDelay: "3.5s"}`.
 * Source: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto, read on 2026-11-30.
 */
export function readRetrySeconds(details: unknown): number | undefined {
  const info = listOf(details).find((each) => isJsonObject(each) && each['@type'] === retryInfo)
  const [, seconds] = /^(\d+(?:\.\d+)?)s$/.exec(String(isJsonObject(info) ? info.retryDelay : '')) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}

/**
 * Formats an error as Google does: Weir's code is the reason of an `ErrorInfo`, the field a violation, the delay before
 * a retry a `RetryInfo`.
 */
export function toGeminiError({ status, message, code, param, details, retryAfterSeconds }: ErrorFacts): JsonObject {
  const name = statuses[status] ?? (status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL')
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: code?.toUpperCase(),
    domain: 'weir',
    ...(details !== undefined && { metadata: details }),
  }
  const violation = {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ field: param, description: message }],
  }
  const retry = { '@type': retryInfo, retryDelay: `${retryAfterSeconds}s` }
  const all = [
    ...(code === null ? [] : [info]),
    ...(param === undefined ? [] : [violation]),
    ...(retryAfterSeconds === undefined ? [] : [retry]),
  ]
  return { error: { code: status, message, status: name, ...(all.length > 0 && { details: all }) } }
}

/** The parts of a dialect that Gemini's operations share. */
export const geminiFormat = {
  ...openAIFormat,
  hasMedia: true,
  // The body names no other model: `readRequest` refuses one that is not the path's.
  otherModels: () => [],
  readLabels: () => ({ endUser: '', tags: [] }),
  responseHeaders: geminiResponseHeaders,
  toErrorBody: toGeminiError,
} as const

/** Returns the fields that rename the model of a body, if it names one. */
export function toOptionalModel(model: string, body: JsonObject): JsonObject {
  return typeof body.model === 'string' ? { model: `models/${model}` } : {}
}
