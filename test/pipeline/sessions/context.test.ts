import { describe, expect, test } from 'vitest'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import type { GatewayOptions } from '../../support/gateway.ts'
import type { Script } from '../../support/upstream-exchange.ts'
import { echo, words } from './answers.ts'
import { openChat } from './open-chat.ts'

const system = { role: 'system', content: 'You are a cat.' }

describeOnBothStored('the context of a session', (start, { startUpstream }) => {
  const open = (script: Script = echo, options: GatewayOptions = {}) =>
    openChat({ start, startUpstream }, script, options)

  describe('the system message', () => {
    test('stays first and is stored once', async () => {
      const { id, chat, sentMessages, turns } = await open()
      await chat(id, [system, { role: 'user', content: 'one' }])
      await chat(id, 'two')
      await chat(id, [system, { role: 'user', content: 'three' }])
      await sentMessages()
      expect((await sentMessages())[0]).toEqual(system)
      expect((await sentMessages()).map((message) => Object(message).role)).toEqual([
        ...['system', 'user', 'assistant', 'user', 'assistant', 'user'],
      ])
      expect((await turns(id)).filter(([role]) => role === 'system')).toHaveLength(1)
    })

    test('can be replaced and restored', async () => {
      const { id, chat, sentMessages } = await open()
      const dog = { role: 'developer', content: 'You are a dog.' }
      for (const instruction of [system, dog, system]) await chat(id, [instruction, { role: 'user', content: 'Who?' }])
      await chat(id, 'And now?')
      for (const instruction of [system, dog, system, system]) {
        const messages = await sentMessages()
        expect(messages[0]).toEqual(instruction)
        expect(messages.slice(1).filter((message) => /system|developer/.test(Object(message).role))).toEqual([])
      }
    })

    test('can consist of several messages', async () => {
      const { id, chat, sentMessages } = await open()
      const both = [system, { role: 'developer', content: 'Be brief.' }]
      await chat(id, [...both, { role: 'user', content: 'one' }])
      await chat(id, 'two')
      await sentMessages()
      expect((await sentMessages()).slice(0, 2)).toEqual(both)
    })

    test('is found at the beginning of a session that is longer than the history limit', async () => {
      const { id, chat, sentMessages, gateway } = await open()
      await chat(id, [system, { role: 'user', content: 'one' }])
      const filler = `WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 603)
        INSERT INTO messages (owner, session_id, position, id, role, content, status, created_at)
        SELECT owner, id, i, 'msg_' || i, CASE i % 2 WHEN 0 THEN 'user' ELSE 'assistant' END, '"w"', 'complete', 1 FROM n, sessions`
      await gateway.sql(filler)
      await gateway.sql('UPDATE sessions SET version = 603')
      await chat(id, 'two')
      await sentMessages()
      const messages = await sentMessages()
      expect(messages[0]).toEqual(system)
      expect(messages[1]).toEqual({ role: 'user', content: 'w' })
      expect(messages.at(-1)).toEqual({ role: 'user', content: 'two' })
    })
  })

  describe('the history', () => {
    const long = (letter: string) => letter.repeat(3_500 * 5)

    test('is trimmed by whole exchanges, oldest first, if the model’s window is full; the store keeps all', async () => {
      const { id, chat, sentMessages, turns } = await open(words('Yes.'))
      const send = (letter: string) =>
        chat(id, [system, { role: 'user', content: long(letter) }], { model: 'gpt-3.5-turbo' })
      for (const letter of ['a', 'b', 'c']) await send(letter)
      expect(await sentMessages()).toHaveLength(2)
      expect(await sentMessages()).toHaveLength(4)
      expect(await sentMessages()).toEqual([
        system,
        { role: 'user', content: long('b') },
        { role: 'assistant', content: 'Yes.' },
        { role: 'user', content: long('c') },
      ])
      expect(await turns(id)).toHaveLength(7)
    })

    test('leaves room for the reply length that the caller allows', async () => {
      const { id, chat, sentMessages } = await open(words('Yes.'))
      const fields = { model: 'gpt-3.5-turbo', max_tokens: 12_000 }
      for (const letter of ['a', 'b']) await chat(id, long(letter).slice(0, 10_000), fields)
      await sentMessages()
      expect(await sentMessages()).toHaveLength(1)
    })

    test('is limited by the window of the model behind an alias', async () => {
      const { id, chat, sentMessages } = await open(words('Yes.'), { env: { MODEL_ALIASES: 'big=gpt-4.1' } })
      for (const letter of ['a', 'b', 'c']) await chat(id, long(letter), { model: 'big' })
      await sentMessages()
      await sentMessages()
      expect(await sentMessages()).toHaveLength(5)
    })

    test('keeps a greeting of the assistant before the first prompt', async () => {
      const { id, chat, sentMessages } = await open()
      const greeting = { role: 'assistant', content: 'How can I help?' }
      await chat(id, [greeting, { role: 'user', content: 'one' }])
      await chat(id, 'two')
      await sentMessages()
      expect((await sentMessages())[0]).toEqual(greeting)
    })
  })
})
