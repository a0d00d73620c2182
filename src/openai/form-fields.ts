import { type JsonObject, parseJsonObject } from '../core/json.ts'

/** The form fields that Weir decides by or records. All others pass unread. */
const readFields: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'n',
  'size',
  'quality',
  'stream',
  'response_format',
  'user',
  'safety_identifier',
  'metadata',
])

/** True for a field that may appear only once, because the upstream might use either of two values (S58). */
export function isReadField(name: string): boolean {
  return readFields.has(name)
}

/** True for `metadata[team]`: the form in which OpenAI's SDKs send a member of an object. */
export function isMetadataEntry(name: string): boolean {
  return name.startsWith('metadata[')
}

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])

/** Converts form fields, which are all strings on the wire, to the object of the equivalent JSON request. */
export function toFormObject(fields: readonly (readonly [name: string, text: string])[]): JsonObject {
  const entries = new Map<string, unknown>()
  const metadata = new Map<string, string>()
  for (const [name, text] of fields) {
    if (isMetadataEntry(name)) metadata.set(name.slice('metadata['.length).replace(/\]$/, ''), text)
    // OpenAI's SDK for Node sends `null` as the string `null`.
    else if (text !== 'null') entries.set(name, toValue(name, text))
  }
  if (metadata.size > 0) entries.set('metadata', Object.fromEntries(metadata))
  return Object.fromEntries(entries)
}

/** Converts numbers and flags. Any other value stays a string, and the JSON checks reject it. */
function toValue(name: string, text: string): unknown {
  if (name === 'n') return /^\d+$/.test(text) ? Number(text) : text
  if (name === 'stream') return flags.get(text.toLowerCase()) ?? text
  return name === 'metadata' ? parseJsonObject(text) : text
}
