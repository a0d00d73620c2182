import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import { messages } from '../../src/dialects/messages.ts'
import { heartbeat } from '../../src/sse/event-stream.ts'
import { ReplyTranslation } from '../../src/translation/translate.ts'
import { createMessageEvents, createMessageFrames } from '../upstream/create-message-events.ts'
import { body } from './bodies.ts'
import type { Scenario } from './scenario.ts'

/** The same stream of Anthropic's Messages, passed to a client of the same dialect and translated for one of OpenAI's. */
export function listTranslations(durationMs: number): readonly Scenario[] {
  const common = {
    ...({ unit: 'stream', concurrency: 16, durationMs, warmUpMs: 1_500, paceMs: 0, every: 1, isStep: false } as const),
    body: body('anthropic/messages-200', { stream: true, max_tokens: 4_096, stream_options: { include_usage: true } }),
    gateways: ['weir', 'weir-bare', 'baseline', 'baseline-bare'],
  } as const
  return [
    {
      ...common,
      id: 'messages',
      title: 'Streams of 200 deltas of Messages at once, passed',
      path: '/v1/messages',
      bodyBytes: createMessageFrames(200).bodyBytes,
      ending: '"message_stop"}\n\n',
    },
    {
      ...common,
      id: 'messages-as-chat',
      title: 'The same, translated to chat completions',
      path: '/v1/chat/completions',
      bodyBytes: translatedBytes(200),
      ending: 'data: [DONE]\n\n',
    },
  ]
}

/** Returns the length of the translated stream. The time in it has ten digits until the year 2286. */
function translatedBytes(count: number): number {
  const context = { request: {}, id: '', now: 1_789_000_000, model: 'messages-200', wantsUsage: true }
  const translation = new ReplyTranslation(messages, chatCompletions, context)
  const events = createMessageEvents(count).map((event) => translation.toEvents({ ...event }, ''))
  // An event that has no equivalent becomes a comment.
  const comments = events.filter((text) => text === '').length * heartbeat.length
  return comments + events.join('').length + translation.toLastEvents().length
}
