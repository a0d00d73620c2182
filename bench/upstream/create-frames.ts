/**
 * The Server-Sent Events of one stream, each as a chunk of an HTTP/1.1 body, and the body size that a caller must
 * receive.
 */
export interface Frames {
  readonly chunks: readonly Buffer[]
  readonly bodyBytes: number
}

const completion = { id: 'chatcmpl-bench00000000000000000000', created: 1_789_000_000, model: 'bench' }

/**
 * Creates `count` events of one token each, the usage chunk if requested, and `[DONE]`. Like OpenAI's, an event has 190
 * bytes.
 */
export function createFrames(count: number, includesUsage: boolean): Frames {
  const events = Array.from({ length: count }, (_, index) =>
    toEvent({
      choices: [{ index: 0, delta: { content: ` token${index}` }, finish_reason: index === count - 1 ? 'stop' : null }],
    }),
  )
  if (includesUsage) {
    const usage = { prompt_tokens: 20, completion_tokens: count, total_tokens: count + 20 }
    events.push(toEvent({ choices: [], usage }))
  }
  events.push('data: [DONE]\n\n')
  return {
    chunks: events.map((event) => Buffer.from(`${event.length.toString(16)}\r\n${event}\r\n`)),
    bodyBytes: events.reduce((total, event) => total + event.length, 0),
  }
}

function toEvent(fields: object): string {
  const chunk = { ...completion, object: 'chat.completion.chunk', service_tier: 'default', ...fields }
  return `data: ${JSON.stringify(chunk)}\n\n`
}
