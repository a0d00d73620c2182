import type { Settings } from '../../config/settings.ts'
import { type GatewayResponse, isByteStream, toText } from '../../core/gateway-response.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.ts'
import { type Operation, operations } from '../../dialects/operations.ts'
import { removeMember } from '../../openai/edit-json.ts'
import { legacyImageModel, toLegacyChatRequest, toLegacyImageRequest } from '../../openai/legacy-requests.ts'
import type { ParsedJsonBody } from '../../openai/parse-json-body.ts'
import { authenticate } from '../../pipeline/access/authenticate.ts'
import { readJson, toCallRequest } from '../../pipeline/call/read-request.ts'
import { handleCall } from '../../pipeline/handle-call.ts'
import { resolveAlias } from '../../pipeline/routing/plan-targets.ts'
import { readCall, toUnreadBody } from '../read-call.ts'
import type { RouteRequest } from '../route.ts'

/**
 * Handles `POST /`, `/images/generations` and `/generate-image` like the widely copied OpenAI proxy, with its defaults.
 * The `/v1` routes never add these defaults.
 */
export async function handleLegacy({ incoming, ports, trace, target }: RouteRequest): Promise<GatewayResponse> {
  const call = readCall(incoming, { operation: operations['chat.completions'], query: '', trace }, ports)
  // The body determines the operation; the caller is authenticated before it is read.
  const caller = await authenticate(call.credentials, ports)
  const share = ports.buffers.open()
  try {
    const body = await readJson(toUnreadBody(incoming), share, ports)
    const { operation, body: modern } = toModern(body, target.path, ports.settings.models.aliases)
    const request = toCallRequest(modern, operation)
    return withMessage(
      await handleCall({ ...call, operation, caller, body: { kind: 'read', request }, isLegacy: true }, ports),
    )
  } finally {
    share.release()
  }
}

/** Gives an upstream's error both forms: OpenAI's `error.message`, and the old proxy's top-level `message`. */
function withMessage(response: GatewayResponse): GatewayResponse {
  if (response.status < 400 || isByteStream(response.body)) return response
  const body = parseJsonObject(toText(response.body))
  const message = body && findMessage(body)
  if (message === undefined) return response
  const error = isJsonObject(body?.error) ? body.error : { message, type: 'upstream_error', param: null, code: null }
  return { ...response, body: JSON.stringify({ ...body, error, message }) }
}

/** Finds the message: OpenAI's field first, then those of other providers. */
function findMessage({ error, message, detail }: JsonObject): string | undefined {
  const candidates = [isJsonObject(error) ? error.message : error, message, detail]
  return candidates.find((candidate) => typeof candidate === 'string')
}

/** Converts a request of the old proxy. Every path except `/` generates images. */
function toModern(
  legacy: ParsedJsonBody,
  path: string,
  aliases: Settings['models']['aliases'],
): { readonly operation: Operation; readonly body: ParsedJsonBody } {
  const { action, ...object } = legacy.object
  const isImage =
    path !== '/' || action === 'generate-image' || (object.prompt !== undefined && object.messages === undefined)
  if (!isImage) return { operation: operations['chat.completions'], body: toLegacyChatRequest(legacy) }
  const body = action === undefined ? legacy : { ...legacy, text: removeMember(legacy.text, 'action'), object }
  const model = resolveAlias(typeof object.model === 'string' ? object.model : legacyImageModel, aliases)
  return { operation: operations['images.generations'], body: toLegacyImageRequest(body, model) }
}
