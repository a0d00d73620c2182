import { expect, it } from 'vitest'
import type { ChatChunk } from '../../dashboard/src/gateway/read-chat-chunk.ts'
import { changeTurns, type TurnChange, toMessages } from '../../dashboard/src/playground/turns.ts'

const silent: ChatChunk = { model: undefined, text: '', reasoning: '', finishReason: undefined, tokens: undefined }
const sent: TurnChange = { kind: 'sent', id: 1, prompt: 'Hi', model: 'demo/chat' }
const received = (elapsedMs: number, chunk: Partial<ChatChunk>): TurnChange => ({
  kind: 'received',
  id: 1,
  elapsedMs,
  chunk: { ...silent, ...chunk },
})
const play = (...changes: readonly TurnChange[]) => changes.reduce(changeTurns, [])

it('measures the first token at the first text, not at the empty chunk before it', () => {
  const [turn] = play(sent, received(5, {}), received(40, { text: 'Hel' }), received(60, { text: 'lo' }))
  expect(turn).toMatchObject({ reply: 'Hello', firstTokenMs: 40, state: 'running' })
})

it('keeps the text of a stopped reply', () => {
  const stopped: TurnChange = { kind: 'ended', id: 1, state: 'stopped', elapsedMs: 90, failure: undefined }
  expect(play(sent, received(40, { text: 'Hel' }), stopped)[0]).toMatchObject({
    reply: 'Hel',
    state: 'stopped',
    totalMs: 90,
  })
})

it('drops what still arrives after the conversation was cleared', () => {
  expect(play(sent, { kind: 'cleared' }, received(40, { text: 'late' }))).toEqual([])
})

it('leaves turns without a reply out of the context', () => {
  const turns = play({ ...sent, id: 0, prompt: 'unanswered' }, sent, received(40, { text: 'Hello' }))
  expect(toMessages(turns, 'Next')).toEqual([
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
    { role: 'user', content: 'Next' },
  ])
})
