import type { MediaSource } from './prompt.ts'

/** Reads a URL, or a data URL with base64, as the source of an image or a file. */
export function readMediaUrl(url: string): MediaSource {
  const comma = url.indexOf(',')
  const head = url.slice(0, Math.max(0, comma))
  // A regular expression overflows its stack on millions of semicolons.
  if (!head.startsWith('data:') || !head.endsWith(';base64')) return { kind: 'url', url }
  return { kind: 'base64', mediaType: head.slice('data:'.length, head.indexOf(';')), data: url.slice(comma + 1) }
}

export function toMediaUrl(source: Exclude<MediaSource, { kind: 'file-id' }>): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`
}
