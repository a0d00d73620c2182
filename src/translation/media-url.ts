import { notTranslatable } from './fields.ts'
import type { MediaSource } from './prompt.ts'

/** A source that any provider can read. */
export type ContentSource = Exclude<MediaSource, { kind: 'file-id' }>

/** Reads a URL, or a data URL with base64, as the source of an image or a file. */
export function readMediaUrl(url: string): MediaSource {
  const comma = url.indexOf(',')
  const head = url.slice(0, Math.max(0, comma))
  // A regular expression overflows its stack on millions of semicolons.
  if (!head.startsWith('data:') || !head.endsWith(';base64')) return { kind: 'url', url }
  return { kind: 'base64', mediaType: head.slice('data:'.length, head.indexOf(';')), data: url.slice(comma + 1), url }
}

export function toMediaUrl(source: ContentSource): string {
  if (source.kind === 'url') return source.url
  return source.url ?? `data:${source.mediaType};base64,${source.data}`
}

/** Throws GatewayError `field_not_translatable` for a file that only the provider that stores it can read. */
export function requireContent(source: MediaSource, path: string): ContentSource {
  if (source.kind !== 'file-id') return source
  throw notTranslatable(path, 'The file is stored at another provider. Send its content as base64 data.')
}
