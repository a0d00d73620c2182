import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { locateJsonError } from './locate-json-error.ts'
import { findRepeatedName, measureJson } from './scan-json.ts'

/** A request body that is known to be one JSON object without repeated top-level names. */
export interface ParsedJsonBody {
  readonly text: string
  readonly object: JsonObject
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** Reads the bytes of a JSON request body. Throws GatewayError `invalid_json`, `json_too_deep` or `invalid_value`. */
export function parseJsonBody(bytes: Uint8Array, maxDepth: number): ParsedJsonBody {
  const text = decode(bytes)
  const { depth, commas } = measureJson(text, maxDepth)
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
  if (!hasPlainNames(value, commas + 1)) refuseRepeatedName(text)
  return { text, object: value }
}

/** True where no two of the `count` members that the text has can be alike: as many are left, and case makes no difference to any. */
function hasPlainNames(object: JsonObject, count: number): boolean {
  let left = 0
  for (const name in object) {
    if (!/^[a-z0-9_]*$/.test(name)) return false
    left++
  }
  return left === count || left === 0
}

function refuseRepeatedName(text: string): void {
  const name = findRepeatedName(text)
  if (name !== undefined)
    throw new GatewayError('invalid_value', `The field \`${name}\` appears twice. Send it once.`, { param: name })
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
