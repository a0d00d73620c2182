/** The Server-Sent Events of one stream, as bytes of an HTTP/1.1 chunked body each, and how many bytes a caller must see. */
export interface Frames {
  readonly chunks: readonly Buffer[]
  readonly bodyBytes: number
}

const completion = { id: 'chatcmpl-bench00000000000000000000', created: 1_789_000_000, model: 'bench' }

/** `count` events with a token each, then the usage chunk if it was asked for, then `[DONE]`. About 190 bytes an event, as OpenAI's are. */
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
