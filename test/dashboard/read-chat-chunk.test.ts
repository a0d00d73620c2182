import { expect, it } from 'vitest'
import { readChatChunk } from '../../dashboard/src/gateway/read-chat-chunk.ts'

it('reads text, model and finish reason of a delta', () => {
  const data = { model: 'demo/chat', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }
  expect(readChatChunk(JSON.stringify(data))).toEqual({
    model: 'demo/chat',
    text: 'Hi',
    reasoning: '',
    finishReason: 'stop',
    tokens: undefined,
  })
})

it('reads usage from the last chunk, which has no choices', () => {
  const chunk = readChatChunk('{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":9,"total_tokens":12}}')
  expect(chunk).toMatchObject({ text: '', tokens: { prompt: 3, completion: 9 } })
})

it('takes no usage from the chunks before it, where the field is null', () => {
  expect(readChatChunk('{"choices":[],"usage":null}').tokens).toBeUndefined()
})

it.each(['reasoning_content', 'reasoning'])('reads what a model thinks from %s', (field) => {
  expect(readChatChunk(JSON.stringify({ choices: [{ delta: { content: null, [field]: 'Hm.' } }] }))).toMatchObject({
    text: '',
    reasoning: 'Hm.',
  })
})

it('reads a whole response if a model does not stream', () => {
  expect(readChatChunk('{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}').text).toBe('Hello')
})

it('throws the error that a server sends inside a stream, in its own words', () => {
  const read = () =>
    readChatChunk('{"error":{"message":"Too slow.","type":"upstream_error","code":"upstream_idle_timeout"}}')
  expect(read).toThrow(
    expect.objectContaining({ reason: 'refused', message: 'Too slow.', details: { code: 'upstream_idle_timeout' } }),
  )
})

it('calls an event that is not JSON unreadable', () => {
  expect(() => readChatChunk('<html>')).toThrow(expect.objectContaining({ reason: 'unreadable' }))
})
