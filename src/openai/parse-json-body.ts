import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { locateJsonError } from './locate-json-error.ts'
import { scanJson } from './scan-json.ts'

/** A request body that is known to be one JSON object without repeated top-level names. */
export interface ParsedJsonBody {
  readonly text: string
  readonly object: JsonObject
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** Reads the bytes of a JSON request body. Throws GatewayError `invalid_json`, `json_too_deep` or `invalid_value`. */
export function parseJsonBody(bytes: Uint8Array, maxDepth: number): ParsedJsonBody {
  const text = decode(bytes)
  const { depth, duplicate } = scanJson(text, maxDepth)
  if (depth > maxDepth) {
    throw new GatewayError('json_too_deep', `The body nests more than ${maxDepth} levels deep. Send a flatter body.`)
  }
  const value = parse(text)
  if (!isJsonObject(value)) {
    throw new GatewayError(
      'invalid_json',
      'Request body is not valid JSON for this endpoint: send one object, such as {"model": "…"}.',
    )
  }
  if (duplicate !== undefined) {
    throw new GatewayError('invalid_value', `The field \`${duplicate}\` appears twice. Send it once.`, {
      param: duplicate,
    })
  }
  return { text, object: value }
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new GatewayError('invalid_json', 'Request body is not valid JSON: it is not UTF-8.', { cause })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    if (text.trim() === '') throw new GatewayError('invalid_json', 'Request body is not valid JSON: it is empty.')
    throw new GatewayError('invalid_json', `Request body is not valid JSON: ${locateJsonError(text)}`)
  }
}
