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

/** Twice as many as OpenAI makes in one call. */
const maxImages = 20

/**
 * Saves the images of an answer and puts Weir's own URLs in their place. `x-weir-images` says `kept`, or `not-kept` where one of them could
 * not be saved: that one is left as the provider sent it, and the log has the cause. It says `not-kept; reason=no-store` where there is no place for
 * them; `made` is how many there are. Every other answer passes untouched. Never rejects.
 */
export async function keepImages(
  answer: UpstreamResponse,
  made: number,
  call: Call,
  caller: Caller,
  request: CallRequest,
  ports: Ports,
): Promise<UpstreamResponse> {
  if (!ports.settings.images.keep || answer.status !== 200 || isByteStream(answer.body)) return answer
  if (!areImagesKept(ports)) return made === 0 ? answer : withHeader(answer, 'not-kept; reason=no-store')
  const marked = mark(answer.body)
  const body = marked && parseJsonObject(marked.text)
  const items: unknown = body?.data
  if (marked === undefined || !Array.isArray(items) || items.length === 0) return answer
  const { longs } = marked
  const about = { owner: caller.owner, prompt: readPrompt(request), model: request.model }
  const providerId = answer.headers['x-weir-provider']
  const results: Result[] = []
  const share = ports.buffers.open()
  // In turn, since each is there in memory, and takes a file or a connection (case D5).
  for (const item of items as readonly unknown[]) {
    try {
      if (results.length === maxImages) throw new Error(`the answer has more than ${maxImages}`)
      if (!isJsonObject(item)) throw new Error('the provider sent something else in its place')
      const bytes = await loadImage(item, longs, providerId, call.signal, share, ports)
      const id = await saveImage({ ...about, bytes }, ports)
      const { b64_json: base64, ...others } = item
      const inline = base64 === undefined || asksForUrl(request) ? {} : { b64_json: base64 }
      results.push({ kind: 'kept', item: { ...others, ...inline, url: `${call.publicUrl}/images/${id}` } })
    } catch (error) {
      results.push({ kind: 'left', item, cause: describe(error) })
      if (results.length > maxImages) break
    } finally {
      share.giveBack()
    }
  }
  for (const item of items.slice(results.length)) results.push({ kind: 'left', item, cause: undefined })
  const text = JSON.stringify({ ...body, data: results.map(({ item }) => item) })
  const whole = putTogether(text, longs, share)
  const cause =
    whole === undefined ? 'there is no room for the answer' : results.find((result) => result.kind === 'left')?.cause
  if (share.bytes > 0) call.untilSent(share)
  if (cause !== undefined) call.trace.add({ cause: `An image was not kept: ${cause}`.slice(0, 500) })
  return withHeader({ ...answer, body: whole ?? answer.body }, cause === undefined ? 'kept' : 'not-kept')
}

function withHeader(answer: UpstreamResponse, images: string): UpstreamResponse {
  return { ...answer, headers: { ...answer.headers, 'x-weir-images': images } }
}

/** Pictures in base64 stay where they are. */
function mark(body: string | Uint8Array): MarkedJson | undefined {
  if (body.length <= shortBytes) return { text: toText(body), longs: [] }
  return markLongStrings(typeof body === 'string' ? encoder.encode(body) : body)
}

/** Undefined where there is no room for as much again. */
function putTogether(text: string, longs: readonly Uint8Array[], share: BufferShare): string | Uint8Array | undefined {
  if (longs.length === 0) return text
  const parts = toParts(text, longs).map((part) => (typeof part === 'string' ? encoder.encode(part) : part))
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return share.resize(length) ? concat(parts, length) : undefined
}

const encoder = new TextEncoder()

/** True where generated images are saved. */
export function areImagesKept({ settings, storage }: Ports): boolean {
  return settings.images.keep && storage?.blobs !== undefined
}

type Result =
  | { readonly kind: 'kept'; readonly item: JsonObject }
  | { readonly kind: 'left'; readonly item: unknown; readonly cause: string | undefined }

function asksForUrl(request: CallRequest): boolean {
  return fieldsOf(request).response_format === 'url'
}

/** OpenAI's longest prompts have 32,000 characters. */
function readPrompt(request: CallRequest): string | undefined {
  const { prompt } = fieldsOf(request)
  return typeof prompt === 'string' ? prompt.slice(0, 32_000) : undefined
}

/** For the operator; the innermost error is the one that says why. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'not an Error'
  return error.cause instanceof Error ? describe(error.cause) : error.message
}
