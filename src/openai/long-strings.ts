import { isJsonObject } from '../core/json.ts'
import { toSearchable } from '../core/search-bytes.ts'
import { JsonMeter, longLength } from './scan-json.ts'

/** A placeholder string: this mark and a number replace each long string in a stored JSON text. */
const mark = '\0long '
const marks = /"\\u0000long (\d+)"/g

/** Returns the mark of the long string `number` as JSON text. */
export function toMark(number: number): string {
  return JSON.stringify(`${mark}${number}`)
}

/** Replaces marks by their long strings and returns the number replaced; it is too high if the caller wrote a mark. */
export function restoreLongStrings(value: unknown, longs: readonly string[]): number {
  let count = 0
  const find = (member: unknown, replace: (long: string) => void): void => {
    if (typeof member === 'string') {
      const long = member.startsWith(mark) ? longs[Number(member.slice(mark.length))] : undefined
      if (long === undefined) return
      replace(long)
      count++
    } else if (Array.isArray(member)) {
      for (let at = 0; at < member.length; at++)
        find(member[at], (long) => {
          member[at] = long
        })
    } else if (isJsonObject(member)) {
      const members: Record<string, unknown> = member
      for (const name in members) {
        find(members[name], (long) => {
          members[name] = long
        })
      }
    }
  }
  find(value, () => {})
  return count
}

/** Returns a copy with marks in place of the long strings that the text contains unescaped. */
export function replaceLongStrings(value: unknown, longs: readonly string[]): unknown {
  if (typeof value === 'string') {
    const number = value.length > longLength - 2 ? longs.indexOf(value) : -1
    return number === -1 ? value : `${mark}${number}`
  }
  if (Array.isArray(value)) return value.map((each) => replaceLongStrings(each, longs))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, replaceLongStrings(member, longs)]))
}

/**
 * Writes a value as JSON with marks in place of its long strings, which are returned as JSON without quotes. The long
 * strings are written in steps of a few milliseconds.
 */
export async function toMarkedText(
  value: unknown,
  yieldToEventLoop: () => Promise<void>,
): Promise<{ readonly text: string; readonly longs: readonly string[] }> {
  const found: string[] = []
  const text = JSON.stringify(value, (_name, member: unknown) => {
    // A string that looks like a mark would be taken for one.
    if (typeof member !== 'string' || (member.length <= longLength && !member.startsWith(mark))) return member
    found.push(member)
    return `${mark}${found.length - 1}`
  })
  const longs: string[] = []
  for (const long of found) longs.push(await writeLong(long, yieldToEventLoop))
  return { text, longs }
}

/** Characters of a long string written in one step. */
const stepLength = 2 * 1_048_576

/** Characters that JSON writes in another way, at least in some places. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const escaped = /[\0-\x1f"\\\ud800-\udfff]/

/** Returns the string itself if it has no escapes, as pictures have none: a copy would take its memory again. */
async function writeLong(long: string, yieldToEventLoop: () => Promise<void>): Promise<string> {
  const parts: string[] = []
  let isSame = true
  for (let from = 0; from < long.length; ) {
    const end = from + stepLength
    // Not between the halves of a character.
    const to = (long.charCodeAt(end - 1) & 0xfc00) === 0xd800 ? end + 1 : end
    const part = long.slice(from, to)
    const isPlain = !escaped.test(part)
    isSame &&= isPlain
    parts.push(isPlain ? part : JSON.stringify(part).slice(1, -1))
    from = to
    await yieldToEventLoop()
  }
  return isSame ? long : parts.join('')
}

/** A JSON text with marks in place of its long strings, and the bytes of each long string without its quotes. */
export interface MarkedJson {
  readonly text: string
  readonly longs: readonly Uint8Array[]
}

/**
 * Maximum number of quotes, because each costs a search. Responses with relevant long strings have few other strings.
 */
const maxQuotes = 100_000
/** Maximum bytes of the text without its long strings. */
const maxBytes = 4 * 1_048_576
const maxWeight = 400_000

const quote = 0x22
const backslash = 0x5c
const decoder = new TextDecoder()

/**
 * Marks long strings without copying them. Returns undefined if the rest is too large to parse in one step (case D4).
 */
export function markLongStrings(unsearched: Uint8Array): MarkedJson | undefined {
  const bytes = toSearchable(unsearched)
  const parts: string[] = []
  const longs: Uint8Array[] = []
  let quotes = 0
  let kept = 0
  let at = 0
  for (let open = bytes.indexOf(quote); open !== -1; ) {
    let close = open
    do {
      close = bytes.indexOf(quote, close + 1)
      if (++quotes > maxQuotes) return undefined
    } while (close !== -1 && isEscaped(bytes, close))
    if (close === -1) break
    if (close - open > longLength) {
      kept += open - at
      if (kept > maxBytes) return undefined
      parts.push(decoder.decode(bytes.subarray(at, open)), toMark(longs.length))
      longs.push(bytes.subarray(open + 1, close))
      at = close + 1
    }
    open = bytes.indexOf(quote, close + 1)
  }
  if (kept + bytes.length - at > maxBytes) return undefined
  parts.push(decoder.decode(bytes.subarray(at)))
  const text = parts.join('')
  const meter = new JsonMeter()
  meter.push(text)
  return meter.weight > maxWeight ? undefined : { text, longs }
}

/** True if an odd number of backslashes precedes the character at `at`. */
export function isEscaped(bytes: Uint8Array, at: number): boolean {
  let first = at
  while (bytes[first - 1] === backslash) first--
  return (at - first) % 2 === 1
}

/** Returns the bytes of the long string that `value` marks; undefined if it is not a mark. */
export function findLong(value: string, longs: readonly Uint8Array[]): Uint8Array | undefined {
  return value.startsWith(mark) ? longs[Number(value.slice(mark.length))] : undefined
}

/** Returns the complete text in parts. */
export function toParts<Long>(text: string, longs: readonly Long[]): readonly (string | Long)[] {
  const parts: (string | Long)[] = []
  let at = 0
  for (const { 0: found, 1: number, index } of text.matchAll(marks)) {
    const long = longs[Number(number)]
    if (long === undefined) continue
    parts.push(text.slice(at, index + 1), long)
    at = index + found.length - 1
  }
  parts.push(text.slice(at))
  return parts
}
