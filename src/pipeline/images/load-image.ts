import { type Signal, toAbortSignal } from '../../core/abort-switch.ts'
import { decodeBase64 } from '../../core/decode-base64.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Ports } from '../call/ports.ts'
import { checkImageUrl } from './check-image-url.ts'

export interface ImageSource {
  /** Who answered. */
  readonly providerId: string | undefined
  readonly signal: Signal
}

/** The bytes of one image of an answer, wherever the provider put them: in base64, in a `data:` URL, or behind a URL. Rejects where there are none. */
export async function loadImage(item: JsonObject, source: ImageSource, ports: Ports): Promise<Uint8Array> {
  const { maxBytes, fetchTimeoutMs } = ports.settings.images
  const { b64_json: base64, url } = item
  const inline = typeof base64 === 'string' ? base64 : url
  if (typeof inline !== 'string') throw new Error('the provider sent neither a URL nor base64')
  if (inline === base64 || /^data:/i.test(inline)) return decode(inline, maxBytes)
  const { signal, providerId } = source
  const provider = ports.settings.providers.find(({ id }) => id === providerId)
  const link = checkImageUrl(inline, provider?.baseUrl)
  return ports.fetchImage({ ...link, maxBytes, timeoutMs: fetchTimeoutMs, signal: toAbortSignal(signal) })
}

function decode(inline: string, maxBytes: number): Uint8Array {
  const text = inline.replace(/^data:[^,]{0,200};base64,/i, '')
  if (text.length * 0.75 > maxBytes + 2) throw new Error(`it is over images.max_bytes (${maxBytes})`)
  const bytes = decodeBase64(text)
  if (bytes === undefined) throw new Error('the provider sent what is not base64')
  return bytes
}
