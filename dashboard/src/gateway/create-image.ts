import { callForJson, type Gateway } from './call-gateway.ts'
import { readList, readString } from './json.ts'
import { RequestFailure } from './request-failure.ts'

/** A picture to show, or the address of one: the page loads nothing from another server, so that one is a link. */
export type Picture =
  | { readonly kind: 'inline'; readonly dataUrl: string; readonly extension: string }
  | { readonly kind: 'remote'; readonly url: string }

export interface ImageQuestion {
  readonly model: string
  readonly prompt: string
}

export async function createImage(gateway: Gateway, question: ImageQuestion, signal: AbortSignal): Promise<Picture> {
  // The gpt-image models always answer with bytes, and refuse the field that asks for them.
  const format = question.model.includes('gpt-image') ? {} : { response_format: 'b64_json' }
  const answer = await callForJson(gateway, '/images/generations', { body: { ...question, ...format }, signal })
  const picture = readPicture(readList(answer, 'data')[0])
  if (!picture) throw new RequestFailure('unreadable')
  return picture
}

/** Believes no content type: the kind of a picture is read from its first bytes. */
export function readPicture(item: unknown): Picture | undefined {
  const base64 = readString(item, 'b64_json')
  const extension = base64 && imageKinds.find(([start]) => base64.startsWith(start))?.[1]
  if (extension) return { kind: 'inline', dataUrl: `data:image/${extension};base64,${base64}`, extension }
  const url = readString(item, 'url')
  return url && /^https?:\/\//i.test(url) ? { kind: 'remote', url } : undefined
}

/** The first bytes of each kind, in base64. */
const imageKinds = [
  ['iVBORw0KGgo', 'png'],
  ['/9j/', 'jpeg'],
  ['UklGR', 'webp'],
  ['R0lGOD', 'gif'],
] as const
