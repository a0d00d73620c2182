import type { MediaSource } from './prompt.ts'

/** Reads a URL, or a data URL with base64, as the source of an image or a file. */
export function readMediaUrl(url: string): MediaSource {
  // The regular expression ends before the data, which may be many megabytes.
  const [head, mediaType] = /^data:([^;,]*)(?:;[^;,]*)*;base64,/.exec(url) ?? []
  if (head === undefined || mediaType === undefined) return { kind: 'url', url }
  return { kind: 'base64', mediaType, data: url.slice(head.length) }
}

export function toMediaUrl(source: Exclude<MediaSource, { kind: 'file-id' }>): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`
}
