import { type JsonObject, parseJsonObject } from '../core/json.ts'

/** The fields of a form by which Weir decides, or which it records. All others pass unread. */
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

/** True for a field that may come once, since an upstream might take either of two (S58). */
export function isReadField(name: string): boolean {
  return readFields.has(name)
}

/** True for `metadata[team]`, as OpenAI's SDKs send an object's member in a form. */
export function isMetadataEntry(name: string): boolean {
  return name.startsWith('metadata[')
}

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])

/** The fields of a form as the same request in JSON would have them. On the wire all of them are text. */
export function toFormObject(fields: readonly (readonly [name: string, text: string])[]): JsonObject {
  const entries = new Map<string, unknown>()
  const metadata = new Map<string, string>()
  for (const [name, text] of fields) {
    if (isMetadataEntry(name)) metadata.set(name.slice('metadata['.length).replace(/\]$/, ''), text)
    // OpenAI's SDK for Node sends `null` as this text.
    else if (text !== 'null') entries.set(name, toValue(name, text))
  }
  if (metadata.size > 0) entries.set('metadata', Object.fromEntries(metadata))
  return Object.fromEntries(entries)
}

/** A text that is no number or flag stays one, and is refused where the same in JSON is. */
function toValue(name: string, text: string): unknown {
  if (name === 'n') return /^\d+$/.test(text) ? Number(text) : text
  if (name === 'stream') return flags.get(text.toLowerCase()) ?? text
  return name === 'metadata' ? parseJsonObject(text) : text
}
