import { callForJson, type Gateway } from './call-gateway.ts'
import { readList, readString } from './json.ts'
import { RequestFailure } from './request-failure.ts'

/** An image to show, or its address. The page loads nothing from another server, so it shows an address as a link. */
export type Picture =
  | { readonly kind: 'inline'; readonly dataUrl: string; readonly extension: string }
  | { readonly kind: 'remote'; readonly url: string }

export interface ImageRequest {
  readonly model: string
  readonly prompt: string
}

export async function createImage(gateway: Gateway, request: ImageRequest, signal: AbortSignal): Promise<Picture> {
  // The gpt-image models always return base64, and refuse the field that requests it.
  const format = request.model.includes('gpt-image') ? {} : { response_format: 'b64_json' }
  const response = await callForJson(gateway, '/images/generations', { body: { ...request, ...format }, signal })
  const picture = readPicture(readList(response, 'data')[0])
  if (!picture) throw new RequestFailure('unreadable')
  return picture
}

/** Reads the type of an image from its first bytes, because a content type may be wrong. */
export function readPicture(item: unknown): Picture | undefined {
  const base64 = readString(item, 'b64_json')
  const extension = base64 && imageKinds.find(([start]) => base64.startsWith(start))?.[1]
  if (extension) return { kind: 'inline', dataUrl: `data:image/${extension};base64,${base64}`, extension }
  const url = readString(item, 'url')
  return url && /^https?:\/\//i.test(url) ? { kind: 'remote', url } : undefined
}

/** The first bytes of each image type, in base64. */
const imageKinds = [
  ['iVBORw0KGgo', 'png'],
  ['/9j/', 'jpeg'],
  ['UklGR', 'webp'],
  ['R0lGOD', 'gif'],
] as const
