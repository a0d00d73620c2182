/** Headers that let a stream of events through at once: `no-transform` keeps proxies from compressing, and so from buffering, it. */
export const eventStreamHeaders = { 'cache-control': 'no-cache, no-store, no-transform', 'x-accel-buffering': 'no' }

/** A comment, which readers skip and which proxies take for life. */
export const heartbeat = new TextEncoder().encode(': keep-alive\n\n')

/** Nearly every event is one line. No dot: that stops at U+2028, which ends a line in JavaScript and none in a stream of events. */
const soleLine = /^data:([^\r\n]*)\n\n$/

/** The data of one event, from all of its lines. */
export function toEventData(text: string): string {
  const only = soleLine.exec(text)?.[1]
  if (only !== undefined) return only
  return toEventLines(text)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n')
}

export function toEventLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/)
}

/** One event, whatever line breaks the text has. */
export function toDataEvent(text: string): string {
  return `${toEventLines(text)
    .map((line) => `data: ${line}`)
    .join('\n')}\n\n`
}
