import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isSpellingOf } from './fold-name.ts'

/** Minimum tokens of a picture, a sound or a file. */
const tokensPerMedium = 1_000
/** Role and separators of one message. Source: https://github.com/openai/openai-cookbook, "How to count tokens" */
const tokensPerMessage = 4
/** Quotes, colon and comma of an object member. */
const tokensPerMember = 2
const bytesPerToken = 3.5

/**
 * Estimates the tokens of one message, high rather than low: 3.5 bytes per token, and one token per non-Latin
 * character. Every member counts, because the caller chooses the names (case C8). A real tokenizer takes a megabyte,
 * too much for a Worker.
 */
export function estimateTokens(message: Readonly<Record<string, unknown>>): number {
  let tokens = tokensPerMessage
  for (const name in message) {
    if (name === 'role') continue
    // Pictures in them count as pictures, also if a server accepts another spelling of the name (S86).
    const isContent = isSpellingOf('content', name) || isSpellingOf('output', name)
    tokens += isContent ? estimateContent(message[name]) : estimateJson(message[name])
  }
  return tokens
}

/**
 * Estimates content: a string, token ids, a part, or a list of these. A part without text counts at least as a picture.
 */
export function estimateContent(content: unknown): number {
  if (typeof content === 'string') return estimateText(content)
  if (typeof content === 'number') return 1
  if (Array.isArray(content)) {
    let tokens = 0
    for (const part of content) tokens += estimateContent(part)
    return tokens
  }
  if (!isJsonObject(content)) return 0
  const { text, content: inner } = content
  const tokens = estimatePart(content)
  return typeof text === 'string' || inner !== undefined ? tokens : Math.max(tokensPerMedium, tokens)
}

/** The members of a part that contain an encoded picture, sound or file. */
const mediaNames: ReadonlySet<string> = new Set([
  'url',
  'image_url',
  'video_url',
  'file_url',
  'file_data',
  'data',
  'result',
])

function estimatePart(part: JsonObject): number {
  let tokens = 0
  for (const name in part) {
    const value = part[name]
    // The estimate of the part already covers its type.
    if (name === 'type') continue
    if (name === 'text' && typeof value === 'string') tokens += estimateText(value)
    else if (isSpellingOf('content', name)) tokens += estimateContent(value)
    else if (isJsonObject(value)) tokens += estimatePart(value)
    else if (typeof value === 'string' && mediaNames.has(name) && isEncoded(value))
      tokens += estimateMedium(value, name, part)
    else tokens += estimateJson(value)
  }
  return tokens
}

const dataUrl = /^data:([^,]{0,100});base64,/

/** True for base64, with or without the head of a data URL. Also tests the end, because prose can begin like base64. */
function isEncoded(text: string): boolean {
  if (text.length <= 64) return false
  const start = dataUrl.exec(text.slice(0, 120))?.[0].length ?? 0
  return /^[\w+/=-]*$/.test(text.slice(start, start + 64) + text.slice(-64))
}

/** The media type is in the data URL or in a member beside the data. */
function estimateMedium(text: string, name: string, { format, media_type, filename }: JsonObject): number {
  const type =
    dataUrl.exec(text.slice(0, 120))?.[1] ?? (name === 'result' ? 'image' : (format ?? media_type ?? filename))
  const bytes = (text.length * 3) / 4
  return Math.max(tokensPerMedium, Math.ceil(bytes / bytesPerTokenOf(String(type).toLowerCase())))
}

function bytesPerTokenOf(type: string): number {
  // The tokens of a picture do not depend on its bytes.
  if (/^(image|video)|png|jpe?g|webp|gif/.test(type)) return Number.POSITIVE_INFINITY
  // Audio takes ten tokens per second: at 8 kHz and 16 bits (PCM), and at 16 kbit/s (compressed).
  if (/wav|pcm/.test(type)) return 1_600
  if (/^audio|mp3|opus|aac|flac|ogg|m4a|webm/.test(type)) return 200
  if (/^text|json|xml|csv|txt|html|md$/.test(type)) return bytesPerToken
  // A PDF page takes about 1,500 tokens as text and picture, and is seldom under 30 kB.
  return 20
}

/**
 * Estimates any JSON, such as a tool definition. Providers convert it to prompt text: names and punctuation count too.
 */
export function estimateJson(value: unknown): number {
  if (typeof value === 'string') return estimateText(value) + 1
  if (value === undefined || value === null) return 0
  if (typeof value !== 'object') return tokensPerMember
  let tokens = 1
  if (Array.isArray(value)) {
    for (const each of value) tokens += estimateJson(each)
  } else if (isJsonObject(value)) {
    for (const name in value) tokens += estimateText(name) + tokensPerMember + estimateJson(value[name])
  }
  return tokens
}

/** The engine rejects this pattern without a search if it stores the string with one byte per character. */
const notLatin = /[\u0250-\uffff]/

/** Estimates plain text: at least its UTF-8 bytes divided by 3.5. */
export function estimateText(text: string): number {
  if (!notLatin.test(text)) return Math.ceil(countBytes(text) / bytesPerToken)
  let bytes = 0
  let others = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x80) bytes += 1
    else if (code < 0x250) bytes += 2
    else others += 1
  }
  return Math.ceil(bytes / bytesPerToken) + others
}

const encoder = new TextEncoder()
/**
 * Written and never read: counting bytes with it takes a fortieth of a loop over the characters, and allocates nothing.
 */
const scratch = new Uint8Array(32_768)

/** Counts the UTF-8 bytes of Latin text, whose characters have at most two bytes. */
function countBytes(text: string): number {
  const step = scratch.length / 2
  if (text.length <= step) return encoder.encodeInto(text, scratch).written
  let bytes = 0
  for (let at = 0; at < text.length; at += step) bytes += encoder.encodeInto(text.slice(at, at + step), scratch).written
  return bytes
}
