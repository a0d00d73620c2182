import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { parseJsonBody } from '../../openai/parse-json-body.ts'
import { readBody } from '../../pipeline/call/read-request.ts'
import { toUnreadBody } from '../read-call.ts'
import type { RouteRequest } from '../route.ts'

/** Every list of a key at its longest. */
const lengthLimit = 1_048_576

/** The object in the body; nothing at all is an empty one. S44: what a form can send is refused. */
export async function readAdminBody({ inbound, ports }: RouteRequest): Promise<JsonObject> {
  const { bodyBytes, jsonDepth } = ports.settings.limits
  const type = inbound.header('content-type')
  if (type !== undefined && !/^application\/json *(;|$)/i.test(type)) throw notJson()
  const bytes = await readBody(toUnreadBody(inbound), Math.min(bodyBytes, lengthLimit))
  if (bytes.length === 0) return {}
  if (type === undefined) throw notJson()
  return parseJsonBody(bytes, jsonDepth).object
}

function notJson(): GatewayError {
  return new GatewayError('unsupported_media_type', 'Send the body with `content-type: application/json`.')
}
