import { isJsonObject, type JsonObject } from '../core/json.ts'
import { estimateJson, estimateText } from '../openai/estimate-tokens.ts'
import { field } from './gemini-format.ts'

const mimeType = field('mimeType')
const fileUri = field('fileUri')

/**
 * The maximum tokens of a picture, at the highest media resolution.
 * Source: https://ai.google.dev/gemini-api/docs/media-resolution, read on 2026-11-30.
 */
const tokensPerImage = 2_240
/** Assumed for a stored file, whose size Weir does not know: 10 minutes of a film, of sound, or 20 pages. */
const tokensPerFilm = 180_000
const tokensPerSound = 19_200
const tokensPerFile = 11_200

/** The fields that the model does not read. */
const otherFields: ReadonlySet<string> = new Set([
  'model',
  'safetySettings',
  'safety_settings',
  'cachedContent',
  'cached_content',
  'serviceTier',
  'service_tier',
  'labels',
  'store',
  'usage',
])

/** Estimates the input of a request, known fields and others (case C8), high rather than low. */
export function estimateInput(body: JsonObject): number {
  let tokens = 0
  for (const name in body) if (!otherFields.has(name)) tokens += estimateParts(body[name])
  return tokens
}

/**
 * Estimates contents, parts, or any other member of a request. A picture, a sound or a file counts
 * by what it is, in any place.
 */
function estimateParts(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + estimateParts(each), 0)
  if (!isJsonObject(value)) return estimateJson(value)
  let tokens = 1
  for (const name in value) {
    const member = value[name]
    if (name === 'text' && typeof member === 'string') tokens += estimateText(member)
    else if ((name === 'inlineData' || name === 'inline_data') && isJsonObject(member)) tokens += estimateBlob(member)
    else if ((name === 'fileData' || name === 'file_data') && isJsonObject(member)) tokens += estimateFile(member)
    else if (typeof member === 'object') tokens += estimateText(name) + estimateParts(member)
    else tokens += estimateText(name) + estimateJson(member)
  }
  return tokens
}

/**
 * Sound takes 32 tokens per second, film 300, a page of a document up to 560. Sources, read on 2026-11-30:
 * https://ai.google.dev/gemini-api/docs/audio, …/video-understanding, …/document-processing
 */
function estimateBlob(blob: JsonObject): number {
  const { data } = blob
  const bytes = typeof data === 'string' ? (data.length * 3) / 4 : 0
  const type = String(mimeType(blob)).toLowerCase()
  if (type.startsWith('image/')) return tokensPerImage
  // Sound at 16 kB/s (PCM) or 2 kB/s (compressed), film at 100 kbit/s, and a page of 30 kB.
  if (/^audio\/.*(wav|pcm|l16)/.test(type)) return Math.ceil(bytes / 500)
  if (type.startsWith('audio/')) return Math.ceil(bytes / 60)
  if (type.startsWith('video/')) return Math.ceil(bytes / 40)
  if (type.startsWith('text/') || type.endsWith('json')) return Math.ceil(bytes / 3)
  return Math.max(560, Math.ceil(bytes / 20))
}

function estimateFile(file: JsonObject): number {
  const type = String(mimeType(file)).toLowerCase()
  if (type.startsWith('image/')) return tokensPerImage
  if (type.startsWith('audio/')) return tokensPerSound
  return type.startsWith('video/') || /youtu\.?be/.test(String(fileUri(file))) ? tokensPerFilm : tokensPerFile
}
