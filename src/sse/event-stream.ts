/** Headers that let a stream of events through at once: `no-transform` keeps proxies from compressing, and so from buffering, it. */
export const eventStreamHeaders = { 'cache-control': 'no-cache, no-store, no-transform', 'x-accel-buffering': 'no' }

/** A comment, which readers skip and which proxies take for life. */
export const heartbeat = new TextEncoder().encode(': keep-alive\n\n')

/** One event, whatever line breaks the text has. */
export function toDataEvent(text: string): string {
  return `${text
    .split(/\r\n|\n|\r/)
    .map((line) => `data: ${line}`)
    .join('\n')}\n\n`
}
