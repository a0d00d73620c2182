import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isSpellingOf } from './fold-name.ts'

/** The least that a picture, a sound or a file costs, whatever its bytes. */
const tokensPerMedium = 1_000
/** Role and separators of one message. Source: https://github.com/openai/openai-cookbook, "How to count tokens" */
const tokensPerMessage = 4
/** Quotes, colon and comma of a member of an object. */
const tokensPerMember = 2
const bytesPerToken = 3.5

/**
 * A cautious guess at the tokens of one message, high rather than low: 3.5 bytes a token, one token for any character beyond the Latin ones.
 * Every member counts, whatever its name, since the caller chooses it (case C8). A real tokenizer weighs a megabyte, which no Worker can carry.
 */
export function estimateTokens(message: Readonly<Record<string, unknown>>): number {
  let tokens = tokensPerMessage
  for (const name in message) {
    if (name === 'role') continue
    // The pictures of either count as such, also where a server takes other letters for its name (S86).
    const isContent = isSpellingOf('content', name) || isSpellingOf('output', name)
    tokens += isContent ? estimateContent(message[name]) : estimateJson(message[name])
  }
  return tokens
}

/** The same guess for content: a string, tokens, a part of a message, or a list of any of them. A part that has no text counts as a picture at least. */
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

/** The members of a part that hold a picture, a sound or a file as text. */
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
    // Its type says no more than the part itself.
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

/** Base64, with the head of a data URL or without. Text that only begins like it is told by its end. */
function isEncoded(text: string): boolean {
  if (text.length <= 64) return false
  const start = dataUrl.exec(text.slice(0, 120))?.[0].length ?? 0
  return /^[\w+/=-]*$/.test(text.slice(start, start + 64) + text.slice(-64))
}

/** Its type stands in the data URL, or beside the data. */
function estimateMedium(text: string, name: string, { format, media_type, filename }: JsonObject): number {
  const type =
    dataUrl.exec(text.slice(0, 120))?.[1] ?? (name === 'result' ? 'image' : (format ?? media_type ?? filename))
  const bytes = (text.length * 3) / 4
  return Math.max(tokensPerMedium, Math.ceil(bytes / bytesPerTokenOf(String(type).toLowerCase())))
}

function bytesPerTokenOf(type: string): number {
  // A picture's tokens do not grow with its bytes.
  if (/^(image|video)|png|jpe?g|webp|gif/.test(type)) return Number.POSITIVE_INFINITY
  // Sounds are ten tokens a second: at 8 kHz and 16 bits, and at 16 kbit/s.
  if (/wav|pcm/.test(type)) return 1_600
  if (/^audio|mp3|opus|aac|flac|ogg|m4a|webm/.test(type)) return 200
  if (/^text|json|xml|csv|txt|html|md$/.test(type)) return bytesPerToken
  // A page of a PDF is some 1,500 tokens as text and as picture, and seldom under 30 kB.
  return 20
}

/** The same guess for any JSON, such as a tool's definition, which providers turn into text of their own: names and punctuation count too. */
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

/** Of a text that the engine keeps in a byte a character, it knows without looking that this never fits. */
const notLatin = /[\u0250-\uffff]/

/** The same guess for plain text: never less than its bytes in UTF-8 by 3.5. */
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
/** Written and never read: a fortieth of the time of looking at each character, without allocating. */
const scratch = new Uint8Array(32_768)

/** Of Latin text, whose characters have two bytes at most. */
function countBytes(text: string): number {
  const step = scratch.length / 2
  if (text.length <= step) return encoder.encodeInto(text, scratch).written
  let bytes = 0
  for (let at = 0; at < text.length; at += step) bytes += encoder.encodeInto(text.slice(at, at + step), scratch).written
  return bytes
}
