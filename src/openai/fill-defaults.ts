import type { JsonObject } from '../core/json.ts'
import { editJson } from './edit-json.ts'
import type { ParsedJsonBody } from './parse-json-body.ts'

/** Adds the fields that a body lacks. Any field that is present wins, 0 and false included; the rest of the text stays as it came. */
export function fillDefaults(body: ParsedJsonBody, defaults: JsonObject): ParsedJsonBody {
  const missing = Object.fromEntries(Object.entries(defaults).filter(([name]) => body.object[name] === undefined))
  return { text: editJson(body.text, missing), object: { ...missing, ...body.object } }
}
