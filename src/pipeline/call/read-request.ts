import type { Settings } from '../../config/settings.ts'
import type { BufferShare } from '../../core/buffers.ts'
import { type ByteBound, type ByteStream, gather, limitBytes } from '../../core/byte-stream.ts'
import { yieldToEventLoop } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Dialect, PathFacts } from '../../dialects/dialect.ts'
import { readModel } from '../../dialects/openai-format.ts'
import type { Operation } from '../../dialects/operations.ts'
import { editJson } from '../../openai/edit-json.ts'
import { parseFormType } from '../../openai/form-boundary.ts'
import { toMarkedText } from '../../openai/long-strings.ts'
import { isOtherModelField } from '../../openai/other-models.ts'
import { type JsonBodyLimits, type ParsedJsonBody, readJsonBody } from '../../openai/parse-json-body.ts'
import { peekForm } from '../../openai/peek-form.ts'
import { toOwnBody } from '../../translation/to-own-body.ts'
import type { Call, Caller, CallRequest, FormBody, UnreadBody } from './call.ts'
import type { Ports } from './ports.ts'

/** Bytes of a form buffered for its fields: up to its model if it has one possible target, and from its model on. */
const formWindowBytes = 64 * 1024

/**
 * Reads and checks a call's body after authentication (R35). Its bytes count in `share` and stay there. Throws or
 * rejects with GatewayError `invalid_json`, `json_too_deep`, `invalid_form`, `invalid_value`, `field_not_translatable`,
 * `missing_required_parameter`, `body_too_large`, `unsupported_media_type`, `bad_request`, `json_too_large` or
 * `overloaded`.
 */
export async function readRequest(
  { body, operation, deployment, isStreamPath }: Call,
  { key }: Caller,
  share: BufferShare,
  ports: Ports,
): Promise<CallRequest> {
  if (body.kind === 'read') return body.request
  const { contentType: type } = body
  const isForm = /^multipart\/form-data\b/i.test(type)
  const { dialect } = operation
  if (isForm && dialect.body !== 'json')
    return await readForm(body, dialect, key !== undefined, deployment, share, ports)
  if (dialect.body === 'form' || !isJson(type)) {
    throw new GatewayError(
      'unsupported_media_type',
      `Send the body with \`content-type: ${dialect.body === 'form' ? 'multipart/form-data' : 'application/json'}\`.`,
    )
  }
  const received = await readJson(body, share, ports)
  const own = toOwnBody(received.object, dialect)
  const parsed = own === undefined ? received : await toParsed(own.body, received, ports)
  const request =
    deployment === undefined
      ? toCallRequest(parsed, operation)
      : dialect.isModelInPath === true
        ? toCallRequest(parsed, operation, { model: deployment, isStream: isStreamPath === true })
        : toCallRequest(withModel(parsed, deployment), operation)
  return own === undefined ? request : { ...request, dropped: own.dropped }
}

async function toParsed(object: JsonObject, { longs }: ParsedJsonBody, { clock }: JsonPorts): Promise<ParsedJsonBody> {
  if (longs === undefined) return { text: JSON.stringify(object), object }
  return { object, ...(await toMarkedText(object, () => yieldToEventLoop(clock))) }
}

/** Sets the model of the path, which is the one that is authorized and called, as at Azure. */
function withModel(parsed: ParsedJsonBody, model: string): ParsedJsonBody {
  if (parsed.object.model === model) return parsed
  return { ...parsed, text: editJson(parsed.text, { model }), object: { ...parsed.object, model } }
}

function isJson(type: string): boolean {
  return type === 'application/json' || /^application\/([a-z.]+\+)?json\b/i.test(type)
}

/** With a key, or a model in the path, the whole form is buffered until its own model is found and checked. */
async function readForm(
  unread: UnreadBody,
  { formModel }: Dialect,
  hasKey: boolean,
  deployment: string | undefined,
  share: BufferShare,
  { settings, registry }: Ports,
): Promise<CallRequest> {
  const { contentType, length } = unread
  const type = parseFormType(contentType)
  const hasChoice =
    hasKey ||
    deployment !== undefined ||
    registry.providers.length > 1 ||
    registry.providers.some(({ toOwnModel }) => toOwnModel !== undefined) ||
    settings.models.strict ||
    Object.keys(settings.models.aliases).length > 0
  const limit = settings.limits.mediaBodyBytes
  const window = hasChoice ? limit : formWindowBytes
  const check = hasKey || settings.models.strict ? refuseOtherModels : undefined
  const peek = await peekForm(streamBody(unread, limit), type, window, formWindowBytes, share, check)
  const { fields, files } = peek
  const body: FormBody = {
    kind: 'form',
    fields,
    files,
    isWhole: peek.length !== undefined,
    length: length ?? peek.length,
    withModel(replacement) {
      const { stream, lengthChange } = peek.toStream(replacement)
      return { kind: 'raw', contentType, length: length === undefined ? undefined : length + lengthChange, stream }
    },
  }
  // Without a choice of targets, the field may follow the buffered part; then the provider checks it.
  const isRequired = hasChoice && formModel?.isRequired === true
  const model = readModel(peek.model, isRequired)
  if (deployment !== undefined && model !== deployment)
    throw new GatewayError(
      'invalid_value',
      'The `model` of the form is not the model in the path. Send the same name in both.',
      {
        param: 'model',
      },
    )
  return { body, model, isStream: fields.stream === true, wantsUsage: true, wantsCost: false }
}

/** Refuses a second model in a form: only one can be authorized and priced before it is relayed (S89, case D7). */
function refuseOtherModels(name: string): void {
  if (!isOtherModelField(name)) return
  const param = name.slice(0, 100)
  throw new GatewayError('invalid_value', `A form may name one model here, as \`model\`. Leave \`${param}\` out.`, {
    param,
  })
}

/**
 * Reads the whole body, a JSON object. Its text counts in `share` and stays there. Throws or rejects with GatewayError
 * `invalid_json`, `json_too_deep`, `json_too_large`, `invalid_value`, `body_too_large`, `unsupported_media_type`,
 * `bad_request` or `overloaded`.
 */
export function readJson(body: UnreadBody, share: BufferShare, ports: JsonPorts): Promise<ParsedJsonBody> {
  const limits = jsonLimitsOf(ports)
  checkBody(body, limits.bound)
  return readJsonBody(body.stream(), limits, share)
}

type JsonPorts = Pick<Ports, 'settings' | 'buffers' | 'clock'>

/** Cached per Settings object, because every call needs them. */
const jsonLimits = new WeakMap<Settings, JsonBodyLimits>()

function jsonLimitsOf({ settings, buffers, clock }: JsonPorts): JsonBodyLimits {
  const cached = jsonLimits.get(settings)
  if (cached !== undefined) return cached
  const { bodyBytes, jsonDepth } = settings.limits
  const bound = toBound(Math.min(bodyBytes, Math.floor(buffers.maxShareBytes)))
  const limits = { bound, maxDepth: jsonDepth, yieldToEventLoop: () => yieldToEventLoop(clock) }
  jsonLimits.set(settings, limits)
  return limits
}

/**
 * Reads a short body whole. Throws or rejects with GatewayError `body_too_large`, `unsupported_media_type` or
 * `bad_request`.
 */
export function readBody(body: UnreadBody, limit: number): Promise<Uint8Array> {
  const bound = toBound(limit)
  checkBody(body, bound)
  return gather(body.stream(), bound)
}

/** Returns the body as a stream that fails with `body_too_large` past the limit. Throws if it announces more. */
export function streamBody(body: UnreadBody, limit: number): ByteStream {
  const bound = toBound(limit)
  checkBody(body, bound)
  return limitBytes(body.stream(), bound)
}

function toBound(bytes: number): ByteBound {
  return { bytes, tooLarge: () => tooLarge(bytes) }
}

function checkBody({ contentEncoding, length }: UnreadBody, bound: ByteBound): void {
  // S63: a compressed body can hide a thousand times its size.
  if (contentEncoding !== undefined && contentEncoding !== 'identity')
    throw new GatewayError(
      'unsupported_media_type',
      'The body is compressed (`content-encoding`). Send it uncompressed.',
    )
  if (length !== undefined && length > bound.bytes) throw bound.tooLarge()
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The body is over ${limit} bytes. Send less, or ask the operator to raise the limit.`,
    { headers: { connection: 'close' } },
  )
}

/** Checks the body of an operation. Throws GatewayError `missing_required_parameter` or `invalid_value`. */
export function toCallRequest(parsed: ParsedJsonBody, { dialect }: Operation, path?: PathFacts): CallRequest {
  const { object } = parsed
  const { model, isStream, wantsUsage } = dialect.readRequest(object, path)
  const { usage } = object
  const wantsCost = isJsonObject(usage) && usage.include === true
  return { body: { ...parsed, kind: 'json' }, model, isStream, wantsUsage, wantsCost }
}
