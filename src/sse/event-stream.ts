/** Headers for event streams. `no-transform` prevents proxies from compressing the stream, which would buffer it. */
export const eventStreamHeaders = { 'cache-control': 'no-cache, no-store, no-transform', 'x-accel-buffering': 'no' }

/** A comment line. Clients skip it; for proxies it keeps the connection alive. */
export const heartbeat = new TextEncoder().encode(': keep-alive\n\n')

/**
 * Nearly every event is one line. A dot would stop at U+2028, which ends a line in JavaScript but not in an SSE stream.
 */
const soleLine = /^data:([^\r\n]*)\n\n$/

/** Returns the data of one event, joined from all of its data lines. */
export function toEventData(event: string): string {
  const only = soleLine.exec(event)?.[1]
  if (only !== undefined) return only
  return toEventLines(event)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n')
}

export function toEventLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/)
}

/** Formats one event; `data` may contain line breaks of any kind. */
export function toDataEvent(data: string): string {
  return `${toEventLines(data)
    .map((line) => `data: ${line}`)
    .join('\n')}\n\n`
}
