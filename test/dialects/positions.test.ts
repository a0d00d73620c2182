import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { generateContent } from '../../src/dialects/generate-content.ts'
import { messages } from '../../src/dialects/messages.ts'

const toEvents: Readonly<Record<string, readonly [Dialect, (index: number) => readonly JsonObject[]]>> = {
  'choices of a chat': [
    chatCompletions,
    (index) => [{ choices: [{ index, delta: { content: 'Hello' }, finish_reason: 'stop' }] }],
  ],
  'calls of a chat': [
    chatCompletions,
    (index) => [
      {
        choices: [
          { index: 0, delta: { tool_calls: [{ index, function: { arguments: 'Hello' } }] }, finish_reason: 'stop' },
        ],
      },
    ],
  ],
  'blocks of a message': [
    messages,
    (index) => [
      { type: 'message_start', message: {} },
      { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index, delta: { type: 'text_delta', text: 'Hello' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
    ],
  ],
  'candidates of Gemini': [
    generateContent,
    (index) => [{ candidates: [{ index, content: { parts: [{ text: 'Hello' }] }, finishReason: 'STOP' }] }],
  ],
}

test.each(Object.keys(toEvents).flatMap((name) => [4_294_967_290, 1e300, -1, 0.5].map((index) => ({ name, index }))))(
  'case D4: events with a position that no reply has are joined at once: $name at $index',
  ({ name, index }) => {
    const [dialect, create] = toEvents[name] ?? [messages, () => []]
    const joined = JSON.stringify(dialect.fromEvents?.(create(index)))
    expect(joined).toContain('Hello')
    expect(joined.length).toBeLessThan(1_000)
  },
)
