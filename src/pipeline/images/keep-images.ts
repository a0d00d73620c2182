import type { BufferShare } from '../../core/buffers.ts'
import { concat } from '../../core/byte-stream.ts'
import { isByteStream, toText } from '../../core/gateway-response.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.ts'
import { type MarkedJson, markLongStrings, toParts } from '../../openai/long-strings.ts'
import { shortBytes } from '../../openai/outline-json.ts'
import type { UpstreamResponse } from '../call/attempt.ts'
import { type Call, type Caller, type CallRequest, fieldsOf } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { loadImage } from './load-image.ts'
import { saveImage } from './save-image.ts'

/** Twice the maximum of one OpenAI call. */
const maxImages = 20

/**
 * Saves the images of a response and replaces them by Weir's own URLs. Sets `x-weir-images` to:
 * - `kept`;
 * - `not-kept` if one could not be saved: that image stays as the provider sent it, and the log has the cause;
 * - `not-kept; reason=no-store` without image storage, if `produced` images exist.
 *
 * Every other response is unchanged. Never rejects.
 */
export async function keepImages(
  response: UpstreamResponse,
  produced: number,
  call: Call,
  caller: Caller,
  request: CallRequest,
  ports: Ports,
): Promise<UpstreamResponse> {
  if (!ports.settings.images.keep || response.status !== 200 || isByteStream(response.body)) return response
  if (!areImagesKept(ports)) return produced === 0 ? response : withHeader(response, 'not-kept; reason=no-store')
  const marked = mark(response.body)
  const body = marked && parseJsonObject(marked.text)
  const items: unknown = body?.data
  if (marked === undefined || !Array.isArray(items) || items.length === 0) return response
  const { longs } = marked
  const about = { owner: caller.owner, prompt: readPrompt(request), model: request.model }
  const providerId = response.headers['x-weir-provider']
  const results: Result[] = []
  const share = ports.buffers.open()
  // One after the other, because each is held in memory and uses a file or a connection (case D5).
  for (const item of items as readonly unknown[]) {
    try {
      if (results.length === maxImages) throw new Error(`the response has more than ${maxImages}`)
      if (!isJsonObject(item)) throw new Error('the provider sent something else instead')
      const bytes = await loadImage(item, longs, providerId, call.signal, share, ports)
      const id = await saveImage({ ...about, bytes }, ports)
      const { b64_json: base64, ...others } = item
      const inline = base64 === undefined || wantsUrl(request) ? {} : { b64_json: base64 }
      results.push({ kind: 'kept', item: { ...others, ...inline, url: `${call.publicUrl}/images/${id}` } })
    } catch (error) {
      results.push({ kind: 'left', item, cause: describe(error) })
      if (results.length > maxImages) break
    } finally {
      share.release()
    }
  }
  for (const item of items.slice(results.length)) results.push({ kind: 'left', item, cause: undefined })
  const text = JSON.stringify({ ...body, data: results.map(({ item }) => item) })
  const whole = assemble(text, longs, share)
  const cause =
    whole === undefined
      ? 'there is no memory for the response'
      : results.find((result) => result.kind === 'left')?.cause
  if (share.bytes > 0) call.releaseWhenSent(share)
  if (cause !== undefined) call.trace.add({ cause: `An image was not kept: ${cause}`.slice(0, 500) })
  return withHeader({ ...response, body: whole ?? response.body }, cause === undefined ? 'kept' : 'not-kept')
}

function withHeader(response: UpstreamResponse, images: string): UpstreamResponse {
  return { ...response, headers: { ...response.headers, 'x-weir-images': images } }
}

/** Leaves base64 images out of the JSON. */
function mark(body: string | Uint8Array): MarkedJson | undefined {
  if (body.length <= shortBytes) return { text: toText(body), longs: [] }
  return markLongStrings(typeof body === 'string' ? encoder.encode(body) : body)
}

/** Returns undefined if there is no memory for a second copy. */
function assemble(text: string, longs: readonly Uint8Array[], share: BufferShare): string | Uint8Array | undefined {
  if (longs.length === 0) return text
  const parts = toParts(text, longs).map((part) => (typeof part === 'string' ? encoder.encode(part) : part))
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return share.resize(length) ? concat(parts, length) : undefined
}

const encoder = new TextEncoder()

/** True if generated images are saved. */
export function areImagesKept({ settings, storage }: Ports): boolean {
  return settings.images.keep && storage?.blobs !== undefined
}

type Result =
  | { readonly kind: 'kept'; readonly item: JsonObject }
  | { readonly kind: 'left'; readonly item: unknown; readonly cause: string | undefined }

function wantsUrl(request: CallRequest): boolean {
  return fieldsOf(request).response_format === 'url'
}

/** OpenAI's longest prompts have 32,000 characters. */
function readPrompt(request: CallRequest): string | undefined {
  const { prompt } = fieldsOf(request)
  return typeof prompt === 'string' ? prompt.slice(0, 32_000) : undefined
}

/** Describes an error for the operator by its innermost cause, which names the reason. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'not an Error'
  return error.cause instanceof Error ? describe(error.cause) : error.message
}
