import { GatewayError } from '../../core/errors.ts'
import type { GatewayResponse } from '../../core/gateway-response.ts'
import { findImageType } from '../../core/image-type.ts'
import type { Image } from '../../storage/image-store.ts'
import { matchesEtag } from '../matches-etag.ts'
import type { RouteRequest } from '../route.ts'

/**
 * `GET /images/{image}`: returns a stored image to anyone with its URL, because a browser sends no key for an `<img>`.
 * Rejects with GatewayError `not_found`.
 */
export async function retrieveImage({ incoming, trace, ports, id }: RouteRequest): Promise<GatewayResponse> {
  const image = await ports.storage?.images.find(id)
  if (ports.storage === undefined || image === undefined) throw unknownImage()
  const headers = toHeaders(image)
  if (matchesEtag(incoming.header('if-none-match'), headers.etag)) return { status: 304, headers, body: '' }
  const blob = await ports.storage.blobs?.read(id)
  if (blob === undefined) throw unknownImage()
  trace.finish('ok', { status: 200, bytesOut: blob.size })
  const length = { 'content-length': String(blob.size) }
  return { status: 200, headers: { ...headers, ...length }, body: blob.body, isReady: true }
}

/** Headers in addition to those of every response, which forbid content sniffing (S51). */
function toHeaders({ id, contentType, sha256 }: Image) {
  const extension = findImageType(contentType)?.extension ?? 'bin'
  return {
    'content-type': contentType,
    'content-disposition': `inline; filename="${id}.${extension}"`,
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'public, max-age=31536000, immutable',
    etag: `"${sha256}"`,
  }
}

function unknownImage(): GatewayError {
  return new GatewayError('not_found', 'This image does not exist. Its retention may have ended.')
}
