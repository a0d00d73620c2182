import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { parseJsonBody } from '../openai/parse-json-body.ts'
import { readBody } from '../pipeline/call/read-request.ts'
import { toUnreadBody } from './read-call.ts'
import type { RouteRequest } from './route.ts'

/** Maximum body in bytes: room for a key with every list at its maximum length. */
const maxBodyBytes = 1_048_576

const jsonType = /^application\/json *(;|$)/i
/** JSON, or the media type of RFC 7396. */
export const patchType = /^application\/(merge-patch\+)?json *(;|$)/i

/** Reads the object in the body; an empty body is an empty object. S44: refuses a content type that a form can send. */
export async function readObject({ incoming, ports }: RouteRequest, knownType = jsonType): Promise<JsonObject> {
  const { bodyBytes, jsonDepth } = ports.settings.limits
  const type = incoming.header('content-type')
  if (type !== undefined && !knownType.test(type)) throw notJson()
  const bytes = await readBody(toUnreadBody(incoming), Math.min(bodyBytes, maxBodyBytes))
  if (bytes.length === 0) return {}
  if (type === undefined) throw notJson()
  return parseJsonBody(bytes, jsonDepth).object
}

function notJson(): GatewayError {
  return new GatewayError('unsupported_media_type', 'Send the body with `content-type: application/json`.')
}
