import type { Settings } from '../config/settings.ts'
import { type Answer, isByteStream } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../core/json.ts'
import { editJson } from '../openai/edit-json.ts'
import { checkImageParameters, imageFamily } from '../openai/image-models.ts'
import { type Operation, operations } from '../openai/operations.ts'
import { type ParsedJsonBody, parseJsonBody } from '../openai/parse-json-body.ts'
import { authenticate } from '../pipeline/authenticate.ts'
import { handleCall } from '../pipeline/handle-call.ts'
import { resolveAlias } from '../pipeline/plan-attempts.ts'
import { toCallRequest } from '../pipeline/to-call-request.ts'
import { readBody } from './read-body.ts'
import { readCall } from './read-call.ts'
import { refuseKeyInUrl } from './read-credentials.ts'
import type { Target } from './read-target.ts'
import type { Visit } from './visit.ts'

/** Retired by OpenAI in May 2026; an alias sends those who still name it to another model. */
const defaultImageModel = 'dall-e-3'

/** All but `/` mean a picture. */
const paths: ReadonlySet<string> = new Set(['/', '/images/generations', '/generate-image'])

/** True for the old proxy's routes. */
export function isLegacyPath(path: string): boolean {
  return paths.has(path)
}

/**
 * `POST /`, `/images/generations` and `/generate-image`, as the widely copied OpenAI proxy had them: with its defaults, which the `/v1`
 * routes never add. Undefined where the request is for something else.
 */
export function answerLegacy(visit: Visit, target: Target): Promise<Answer> | undefined {
  return paths.has(target.path) && visit.inbound.method === 'POST' ? answer(visit, target) : undefined
}

async function answer(visit: Visit, { path, query }: Target): Promise<Answer> {
  const { inbound, ports, trace } = visit
  const { bodyBytes, jsonDepth } = ports.settings.limits
  trace.add({ route: 'legacy' })
  refuseKeyInUrl(query)
  const call = readCall(inbound, { operation: operations['chat.completions'], query: '', trace }, ports)
  // What kind of call it is stands in the body; the caller is checked before it is read.
  authenticate(call.credentials, ports)
  const body = parseJsonBody(await readBody(inbound, bodyBytes), jsonDepth)
  const modern = toModern(body, path, ports.settings.models.aliases)
  const { operation } = modern
  return withMessage(
    await handleCall({ ...call, operation, read: async () => toCallRequest(modern.body, operation) }, ports),
  )
}

/** An upstream's error, for both kinds of reader: OpenAI's `error.message`, and the old proxy's `message` beside it. */
function withMessage(answer: Answer): Answer {
  if (answer.status < 400 || isByteStream(answer.body)) return answer
  const body = parseJsonObject(typeof answer.body === 'string' ? answer.body : new TextDecoder().decode(answer.body))
  const message = body && findMessage(body)
  if (message === undefined) return answer
  const error = isJsonObject(body?.error) ? body.error : { message, type: 'upstream_error', param: null, code: null }
  return { ...answer, body: JSON.stringify({ ...body, error, message }) }
}

/** OpenAI's place first, then those of other providers. */
function findMessage({ error, message, detail }: JsonObject): string | undefined {
  const places = [isJsonObject(error) ? error.message : error, message, detail]
  return places.find((text) => typeof text === 'string')
}

interface ModernCall {
  readonly operation: Operation
  readonly body: ParsedJsonBody
}

type Aliases = Settings['models']['aliases']

function toModern(body: ParsedJsonBody, path: string, aliases: Aliases): ModernCall {
  const { object } = body
  const isImage =
    path !== '/' || object.action === 'generate-image' || (object.prompt !== undefined && object.messages === undefined)
  return isImage
    ? toImageCall(body, aliases)
    : { operation: operations['chat.completions'], body: withDefaults(body, chatDefaults(object)) }
}

/** `max_tokens` beside `max_completion_tokens` is refused by the newer models. */
function chatDefaults({ max_completion_tokens: limit }: JsonObject): JsonObject {
  const defaults = { model: 'gpt-3.5-turbo', temperature: 0.7, stream: false }
  return limit === undefined ? { ...defaults, max_tokens: 1000 } : defaults
}

function toImageCall(body: ParsedJsonBody, aliases: Aliases): ModernCall {
  const { action: _action, ...object } = body.object
  const withoutAction = body.object.action === undefined ? body : fromObject(object)
  const model = resolveAlias(typeof object.model === 'string' ? object.model : defaultImageModel, aliases)
  const complete = withDefaults(withoutAction, imageDefaults(model))
  const { prompt } = complete.object
  if (typeof prompt !== 'string' || prompt === '') {
    throw new GatewayError('missing_required_parameter', 'prompt field is required for image generation', {
      param: 'prompt',
    })
  }
  checkImageParameters(complete.object, model)
  return { operation: operations['images.generations'], body: complete }
}

/** Each parameter only for the models that take it. */
function imageDefaults(model: string): JsonObject {
  const family = imageFamily(model)
  const isDallE3 = family !== undefined && family.styles.length > 0
  return {
    model: defaultImageModel,
    n: 1,
    size: '1024x1024',
    ...(isDallE3 && { quality: 'standard', style: 'vivid' }),
    ...(family?.takesResponseFormat !== false && { response_format: 'url' }),
  }
}

/** Any field that is present wins, 0 and false included; the rest of the text stays as it came. */
function withDefaults(body: ParsedJsonBody, defaults: JsonObject): ParsedJsonBody {
  const missing = Object.fromEntries(Object.entries(defaults).filter(([name]) => body.object[name] === undefined))
  return { text: editJson(body.text, missing), object: { ...missing, ...body.object } }
}

function fromObject(object: JsonObject): ParsedJsonBody {
  return { text: JSON.stringify(object), object }
}
