import { type Signal, toAbortSignal } from '../../core/abort-switch.ts'
import { decodeBase64, decodeLongBase64 } from '../../core/base64.ts'
import type { BufferShare } from '../../core/buffers.ts'
import { yieldToEventLoop } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import { toSearchable } from '../../core/search-bytes.ts'
import { findLong } from '../../openai/long-strings.ts'
import type { Ports } from '../call/ports.ts'

/**
 * Returns the bytes of one image of a response, whose long strings are in `longs`, from base64, a `data:` URL or a URL.
 * Rejects if there are none.
 */
export async function loadImage(
  item: JsonObject,
  longs: readonly Uint8Array[],
  providerId: string | undefined,
  signal: Signal,
  share: BufferShare,
  ports: Ports,
): Promise<Uint8Array> {
  const { maxBytes, fetchTimeoutMs } = ports.settings.images
  const { b64_json: base64, url } = item
  const inline = typeof base64 === 'string' ? base64 : url
  if (typeof inline !== 'string') throw new Error('the provider sent neither a URL nor base64')
  const long = findLong(inline, longs)
  if (long !== undefined) return await decodeLong(long, maxBytes, share, () => yieldToEventLoop(ports.clock))
  if (inline === base64 || /^data:/i.test(inline)) return decode(inline, maxBytes, share)
  const provider = ports.settings.providers.find(({ id }) => id === providerId)
  const link = checkImageUrl(inline, provider?.baseUrl)
  return ports.fetchImage({ ...link, maxBytes, timeoutMs: fetchTimeoutMs, signal: toAbortSignal(signal), share })
}

const dataUrl = /^data:[^,]{0,200};base64,/i

function decode(inline: string, maxBytes: number, share: BufferShare): Uint8Array {
  const text = inline.replace(dataUrl, '')
  requireMemory(text.length, maxBytes, share)
  return required(decodeBase64(text))
}

const decoder = new TextDecoder()
const maxDataUrlLength = 'data:;base64,'.length + 200
const backslash = 0x5c

async function decodeLong(
  inline: Uint8Array,
  maxBytes: number,
  share: BufferShare,
  yieldToEventLoop: () => Promise<void>,
): Promise<Uint8Array> {
  // Some encoders escape each slash.
  if (toSearchable(inline).includes(backslash)) {
    requireMemory(2 * inline.length, 2 * maxBytes, share)
    return decode(String(JSON.parse(`"${decoder.decode(inline)}"`)), maxBytes, share)
  }
  const head = dataUrl.exec(decoder.decode(inline.subarray(0, maxDataUrlLength)))?.[0].length ?? 0
  requireMemory(inline.length - head, maxBytes, share)
  return required(await decodeLongBase64(inline.subarray(head), yieldToEventLoop))
}

function requireMemory(base64Length: number, maxBytes: number, share: BufferShare): void {
  if (base64Length * 0.75 > maxBytes + 2) throw new Error(`it is over images.max_bytes (${maxBytes})`)
  share.require(base64Length)
}

function required(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw new Error('the provider sent invalid base64')
  return bytes
}

/** The URL of an image, and whether it is trusted. */
interface ImageLocation {
  readonly url: URL
  /** True for the provider's own origin, which the operator configured: it may be private, and without TLS. */
  readonly isTrusted: boolean
}

/**
 * Parses a URL that a provider sent, once: the connection uses the same object (S07). Throws for a URL that Weir must
 * not fetch: it must be https, with a host name that contains a dot, no IP address and no user name. Whether the name
 * resolves to public addresses is checked at the connection (S05).
 */
export function checkImageUrl(value: string, providerBaseUrl: string | undefined): ImageLocation {
  const url = URL.parse(value)
  if (url === null) throw new Error('the provider’s URL is invalid')
  if (url.username !== '' || url.password !== '') throw new Error('the provider’s URL contains a user name')
  if (providerBaseUrl !== undefined && url.origin === new URL(providerBaseUrl).origin) return { url, isTrusted: true }
  if (url.protocol !== 'https:') throw new Error('the provider’s URL is not https')
  if (isAddress(url.hostname)) throw new Error('the provider’s URL has an IP address as its host')
  if (!/^[^.].*\.[^.]+$/.test(url.hostname)) throw new Error('the provider’s URL has no public host name')
  return { url, isTrusted: false }
}

/** S03, S04: the parser has normalised each spelling of an IPv4 address to four numbers, and put IPv6 in brackets. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname)
}
