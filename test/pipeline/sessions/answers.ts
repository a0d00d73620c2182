import { chatChunks, chatCompletion } from '../../support/fixtures.ts'
import type { Script } from '../../support/upstream-exchange.ts'
import { json, type SseEvent, sse } from '../../support/upstream-scripts.ts'

/** A whole response with this content. */
export function words(content: string | null, message: object = {}): Script {
  const [choice] = chatCompletion.choices
  return json(200, { ...chatCompletion, choices: [{ ...choice, message: { role: 'assistant', content, ...message } }] })
}

/** Replies with the number of messages in the request, and the last of them. */
export const echo: Script = {
  async play(wire, exchange) {
    const { messages } = exchange.bodyJson as { readonly messages: readonly { readonly content: unknown }[] }
    await words(`${messages.length}: ${String(messages.at(-1)?.content)}`).play(wire, exchange)
  },
}

/** One event of a stream. */
export function delta(fields: object, finishReason: string | null = null, index = 0): object {
  return { ...chatChunks[0], choices: [{ index, delta: fields, logprobs: null, finish_reason: finishReason }] }
}

/** A streamed response with these parts, one event each. */
export function streamed(...parts: readonly string[]): Script {
  return sse([
    delta({ role: 'assistant', content: '' }),
    ...parts.map((content) => delta({ content })),
    delta({}, 'stop'),
  ])
}

/** Its first events, without an end. */
export function begun(...events: readonly SseEvent[]): readonly SseEvent[] {
  return [delta({ role: 'assistant', content: '' }), ...events]
}
