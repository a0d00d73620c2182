import type { Settings } from '../../config/settings.ts'
import { concat } from '../../core/byte-stream.ts'
import { toSearchable } from '../../core/search-bytes.ts'

/** Cached per Settings object, because every call needs it. */
const filters = new WeakMap<Settings, SecretFilter>()

/** Returns the filter for all providers' keys, the values of their `headers`, and proxy passwords (case D6). */
export function secretsOf(settings: Settings): SecretFilter {
  const cached = filters.get(settings)
  if (cached !== undefined) return cached
  const secrets = settings.providers.flatMap(({ apiKey, headers }) => [
    ...(apiKey === undefined ? [] : [apiKey]),
    ...Object.entries(headers).flatMap(([name, value]) =>
      publicHeader.test(name) ? [] : [value.replace(authScheme, '')],
    ),
  ])
  const proxies = [settings.proxy.https, settings.proxy.http, ...settings.providers.map(({ proxy }) => proxy)]
  const filter = new SecretFilter([...secrets, ...proxies.flatMap(passwordsOf)])
  filters.set(settings, filter)
  return filter
}

/** Returns the password as written in the URL, and decoded as the proxy receives it. */
function passwordsOf(proxy: string | undefined): readonly string[] {
  const password = proxy === undefined ? undefined : URL.parse(proxy)?.password
  return password === undefined || password === '' ? [] : [password, decodeURIComponent(password)]
}

/** Headers that name the client or the format; a reply may contain their words. */
const publicHeader = /^(accept(-.*)?|content-type|user-agent|referer|http-referer|x-title|.*-(version|beta))$/

/** A provider repeats the credential, with or without its scheme. */
const authScheme = /^(basic|bearer|token)\s+/i

/** Shorter values are words such as `EMPTY` and `ollama`, used for servers without keys; they occur in replies. */
const minSecretBytes = 8
/** Longer values of that kind, from the documentation of LM Studio, llama.cpp and vLLM. */
const placeholders = new Set(['lm-studio', 'not-needed', 'sk-no-key-required', 'token-abc123'])

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const hiddenBytes = encoder.encode('[hidden]')

const quote = 0x22
const percent = 0x25
const dot = 0x2e
const slash = 0x2f
const zero = 0x30
const backslash = 0x5c
const letterU = 0x75

/** Maximum number of backslashes before an escaped character: JSON within JSON doubles them. */
const maxBackslashes = 4
const maxEscapeBytes = maxBackslashes + 'u0073'.length

/** Bytes of a long body searched in one step. */
const stepBytes = 4 * 1_048_576

/** Number of hash slots for byte pairs. */
const pairs = 4_096

/**
 * Replaces secrets by `[hidden]`: in plain form, and with any characters escaped as in JSON (`\/`, `\u002d`) or in a
 * URL (`%2d`).
 *
 * The search reads about one pair of bytes per length of the shortest secret (Wu and Manber, 1994); the engine's own
 * search finds that there is no escape. Without a secret nothing is copied.
 */
export class SecretFilter {
  /** Longest first, because one may be a prefix of another. */
  readonly #secrets: readonly Uint8Array[]
  /** Bytes of the shortest secret; 0 if there are none. */
  readonly #window: number
  /** By byte pair: its minimum distance from the end of a window that may be the start of a secret. */
  readonly #shifts = new Uint8Array(pairs)
  /** Bytes that a secret may contain, in any spelling. */
  readonly #alphabet = new Uint8Array(256)
  /** Bytes of the longest spelling. */
  readonly #maxBytes: number
  /** Bytes of secrets that one backslash can escape. */
  readonly #slashed = new Uint8Array(256)

  constructor(secrets: readonly string[]) {
    const long = secrets.filter((secret) => secret.length >= minSecretBytes && !placeholders.has(secret))
    const encoded = [...new Set(long)]
      .map((secret) => encoder.encode(secret))
      .sort((one, two) => two.length - one.length)
    const window = Math.min(255, encoded.at(-1)?.length ?? 0)
    this.#secrets = encoded
    this.#window = window
    this.#maxBytes = (encoded[0]?.length ?? 0) * maxEscapeBytes
    for (const byte of [quote, slash, backslash])
      if (encoded.some((secret) => secret.includes(byte))) this.#slashed[byte] = 1
    this.#shifts.fill(window - 1)
    for (const byte of encoder.encode('\\%/"u0123456789abcdefABCDEF')) this.#alphabet[byte] = 1
    for (const secret of encoded) {
      for (const byte of secret) this.#alphabet[byte] = 1
      for (let at = 1; at < window; at++) {
        const pair = toPair(secret[at - 1] ?? 0, secret[at] ?? 0)
        this.#shifts[pair] = Math.min(this.#shifts[pair] ?? 0, window - 1 - at)
      }
    }
  }

  /**
   * Returns the bytes without secrets: the same array if there are none. With `keepsLength`, dots fill the space of
   * each secret, for a body whose length was already sent.
   */
  hide(bytes: Uint8Array, keepsLength = false): Uint8Array {
    if (this.#window === 0) return bytes
    const shown = this.#replace(bytes, bytes, keepsLength)
    return this.#mayBeEscaped(shown) ? this.#replace(shown, decodeEscapes(shown), keepsLength) : shown
  }

  /** The same for any length, in several steps (R69). */
  async hideLong(bytes: Uint8Array, yieldToEventLoop: () => Promise<void>): Promise<Uint8Array> {
    for (let at = 0; at < bytes.length && this.#window > 0; at += stepBytes) {
      // A secret that begins in one step may end in the next.
      const step = bytes.subarray(at, at + stepBytes + this.#maxBytes)
      if (this.hide(step) !== step) return this.hide(bytes)
      await yieldToEventLoop()
    }
    return bytes
  }

  /** The same for a string of one line, such as a header. */
  hideText(text: string): string {
    if (this.#window === 0 || text.length < this.#window) return text
    const bytes = encoder.encode(text)
    const shown = this.hide(bytes)
    return shown === bytes ? text : decoder.decode(shown)
  }

  /** Returns how many of the last bytes may be the start of a secret, in any spelling. */
  beginningLength(bytes: Uint8Array): number {
    const { length } = bytes
    const min = Math.max(0, length - this.#maxBytes)
    let start = length
    // Nearly always the last byte ends a line, which no secret contains.
    while (start > min && this.#alphabet[bytes[start - 1] ?? 0] === 1) start--
    for (; start < length; start++)
      if (this.#secrets.some((secret) => isBeginning(bytes, start, secret))) return length - start
    return 0
  }

  /** Returns the index of the next secret; -1 if there is none. */
  #find(bytes: Uint8Array, from: number): number {
    const shifts = this.#shifts
    const window = this.#window
    const stride = window - 1
    const { length } = bytes
    let at = from + window - 1
    while (at < length) {
      const shift = shifts[toPair(bytes[at - 1] ?? 0, bytes[at] ?? 0)] ?? 0
      // Nearly always. As a branch, it lets the processor continue before it has the shift: a third of the time.
      if (shift === stride) at += stride
      else if (shift > 0) at += shift
      else if (this.#secretAt(bytes, at - window + 1) === undefined) at += 1
      else return at - window + 1
    }
    return -1
  }

  #secretAt(bytes: Uint8Array, start: number): Uint8Array | undefined {
    return this.#secrets.find((secret) => secret.every((byte, index) => bytes[start + index] === byte))
  }

  /** Returns the bytes without the secrets that `text` contains: the same bytes, with escapes or decoded. */
  #replace(bytes: Uint8Array, text: Uint8Array, keepsLength: boolean): Uint8Array {
    let start = this.#find(text, 0)
    if (start === -1) return bytes
    const parts: Uint8Array[] = []
    let passed = 0
    let offset = 0
    let end = 0
    /** Returns the offset among the bytes of index `index` in the text. */
    const offsetOf = (index: number) => {
      for (; passed < index; passed++) offset += bytes === text ? 1 : escapeWidth(bytes, offset)
      return offset
    }
    while (start !== -1) {
      const after = start + (this.#secretAt(text, start)?.length ?? 1)
      const begin = offsetOf(start)
      parts.push(bytes.subarray(end, begin), hiddenBytes)
      end = offsetOf(after)
      // No secret is shorter than its replacement.
      if (keepsLength) parts.push(new Uint8Array(end - begin - hiddenBytes.length).fill(dot))
      start = this.#find(text, after)
    }
    parts.push(bytes.subarray(end))
    const total = parts.reduce((sum, { length }) => sum + length, 0)
    return concat(parts, total)
  }

  /** True for escapes that may hide a secret: not for non-ASCII characters, line ends and most quotes. */
  #mayBeEscaped(unsearched: Uint8Array): boolean {
    const bytes = toSearchable(unsearched)
    for (let at = bytes.indexOf(backslash); at !== -1; at = nextBackslash(bytes, at + 1)) {
      const next = bytes[at + 1]
      if (next === letterU ? isAsciiEscape(bytes, at + 1) : this.#isSlashed(next)) return true
    }
    for (let at = bytes.indexOf(percent); at !== -1; at = bytes.indexOf(percent, at + 1))
      if (hexValue(bytes, at + 1, 2) !== undefined) return true
    return false
  }

  #isSlashed(byte: number | undefined): boolean {
    return byte !== undefined && this.#slashed[byte] === 1
  }
}

/** Finds the next backslash. Escapes cluster: if it is near, checking each byte costs less than the engine's search. */
function nextBackslash(bytes: Uint8Array, from: number): number {
  const near = Math.min(bytes.length, from + 32)
  for (let at = from; at < near; at++) if (bytes[at] === backslash) return at
  return near === bytes.length ? -1 : bytes.indexOf(backslash, near)
}

function decodeEscapes(bytes: Uint8Array): Uint8Array {
  const text = new Uint8Array(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; length++) {
    const width = escapeWidth(bytes, at)
    text[length] = width === 1 ? (bytes[at] ?? 0) : escapedByte(bytes, at, width)
    at += width
  }
  return text.subarray(0, length)
}

/** Returns the length of the escape that begins here; 1 if none does. */
function escapeWidth(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  if (first === percent) return hexValue(bytes, at + 1, 2) === undefined ? 1 : 3
  if (first !== backslash) return 1
  const end = afterBackslashes(bytes, at)
  const next = bytes[end]
  if (next === slash || next === quote) return end + 1 - at
  if (next === letterU && isAsciiEscape(bytes, end)) return end + 5 - at
  return end - at > 1 ? 2 : 1
}

function escapedByte(bytes: Uint8Array, at: number, width: number): number {
  const last = at + width - 1
  if (width === 3 && bytes[at] === percent) return hexValue(bytes, at + 1, 2) ?? 0
  return width > 3 && isAsciiEscape(bytes, last - 4) ? (hexValue(bytes, last - 1, 2) ?? 0) : (bytes[last] ?? 0)
}

function afterBackslashes(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] === backslash && at - from < maxBackslashes) at++
  return at
}

/** True for `u0020` to `u007f`, with the `u` at `at`. */
function isAsciiEscape(bytes: Uint8Array, at: number): boolean {
  const value = bytes[at] === letterU ? hexValue(bytes, at + 1, 4) : undefined
  return value !== undefined && value >= 0x20 && value < 0x80
}

function hexValue(bytes: Uint8Array, at: number, digits: number): number | undefined {
  let value = 0
  for (let index = at; index < at + digits; index++) {
    const byte = bytes[index] ?? 0
    const digit = byte >= 0x61 ? byte - 0x57 : byte >= 0x41 ? byte - 0x37 : byte - zero
    const isDigit = byte >= 0x41 ? digit >= 10 && digit < 16 : digit >= 0 && digit < 10
    if (!isDigit) return undefined
    value = value * 16 + digit
  }
  return value
}

/** True if the bytes from `start` are the start of the secret in some spelling; the last escape may be cut off. */
function isBeginning(bytes: Uint8Array, start: number, secret: Uint8Array): boolean {
  let at = start
  for (const byte of secret) {
    if (at >= bytes.length) return true
    const width = escapeWidth(bytes, at)
    if (width > 1 && escapedByte(bytes, at, width) === byte) at += width
    else if (isCutEscape(bytes, at)) return true
    else if (bytes[at] === byte) at += 1
    else return false
  }
  return false
}

/** True if the bytes end within an escape that begins here. */
function isCutEscape(bytes: Uint8Array, at: number): boolean {
  const { length } = bytes
  if (bytes[at] === percent) return length - at < 3
  if (bytes[at] !== backslash) return false
  const end = afterBackslashes(bytes, at)
  return end === length || (bytes[end] === letterU && length - end < 5)
}

function toPair(first: number, second: number): number {
  return ((first << 5) ^ second) & (pairs - 1)
}
