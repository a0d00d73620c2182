import type { InputKind } from '../../config/route-settings.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'

/**
 * The types of content other than text: of chat completions (`image_url`, `input_audio`, `file`), Responses
 * (`input_image`, `input_file`) and Messages (`image`, `document`).
 */
const kinds: ReadonlyMap<unknown, InputKind> = new Map([
  ['image_url', 'image'],
  ['input_image', 'image'],
  ['image', 'image'],
  ['input_audio', 'audio'],
  ['file', 'file'],
  ['input_file', 'file'],
  ['document', 'file'],
])

/** Depth of `messages[].content[].content[]`, the content of a tool's result. */
const maxDepth = 8

/** Returns the kinds of content in a request, in any dialect. */
export function readInputs(fields: JsonObject): ReadonlySet<InputKind> {
  const found = new Set<InputKind>()
  for (const list of [fields.messages, fields.input, fields.contents]) collect(list, found, 0)
  return found
}

function collect(value: unknown, found: Set<InputKind>, depth: number): void {
  if (depth > maxDepth) return
  if (Array.isArray(value)) for (const item of value) collect(item, found, depth + 1)
  if (!isJsonObject(value)) return
  const { type, content, parts, inlineData, fileData } = value
  const kind = kinds.get(type)
  if (kind !== undefined) found.add(kind)
  for (const media of [inlineData, fileData]) if (isJsonObject(media)) found.add(kindOfMedia(media.mimeType))
  collect(content, found, depth + 1)
  collect(parts, found, depth + 1)
}

/** Gemini names the media type. */
function kindOfMedia(type: unknown): InputKind {
  if (typeof type !== 'string') return 'file'
  return type.startsWith('image/') ? 'image' : type.startsWith('audio/') ? 'audio' : 'file'
}
