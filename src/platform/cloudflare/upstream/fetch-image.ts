import type { BufferShare } from '../../../core/buffers.ts'
import { Pieces } from '../../../core/byte-stream.ts'
import type { ImageLink } from '../../../pipeline/call/ports.ts'

/**
 * Fetches an image with `fetch`. A Worker cannot see the addresses of a host name, so `global_fetch_strictly_public` in
 * wrangler.jsonc restricts it to the public internet (S08).
 */
export async function fetchImage({ url, maxBytes, timeoutMs, signal, share }: ImageLink): Promise<Uint8Array> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'weir' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`the provider’s URL answered ${response.status}`)
  }
  return readAll(response, maxBytes, share)
}

async function readAll({ body }: Response, maxBytes: number, share: BufferShare): Promise<Uint8Array> {
  const pieces = new Pieces()
  for await (const chunk of body ?? []) {
    pieces.add(chunk)
    // Exiting the loop cancels the rest of the body.
    if (pieces.length > maxBytes) throw new Error(`it is over images.max_bytes (${maxBytes})`)
    share.require(pieces.length)
  }
  return pieces.join()
}
