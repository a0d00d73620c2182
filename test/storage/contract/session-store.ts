import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NewMessage, SessionStore } from '../../../src/storage/session-store.ts'

/** An empty store, and a function that releases its resources. */
export interface OpenSessionStore {
  readonly store: SessionStore
  close(): void | Promise<void>
}

const owner = 'key_ada'
const stranger = 'key_bob'

/** Defines the tests that every session store must pass. */
export function describeSessionStore(name: string, open: () => Promise<OpenSessionStore>): void {
  describe(`session store: ${name}`, () => {
    let opened: OpenSessionStore
    let store: SessionStore
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    const create = async (id: string, now = 1_000) => {
      const session = await store.create(owner, { id, title: `About ${id}`, now })
      if (session === undefined) throw new Error('The session exists already.')
      return session
    }
    const append = (id: string, texts: readonly string[], expectedVersion?: number) =>
      store.append(owner, id, texts.map(toMessage), { now: 2_000, expectedVersion })
    const renderRows = async (id: string) => (await store.export(owner, id))?.messages.map((message) => message.content)

    it('finds a session unchanged', async () => {
      const session = { id: 's1', owner, title: 'About s1', createdAt: 1_000, updatedAt: 1_000, version: 0 }
      expect(await create('s1')).toEqual(session)
      expect(await store.find(owner, 's1')).toEqual(session)
      expect(await store.find(owner, 's2')).toBeUndefined()
    })

    it('creates a session without a title', async () => {
      await store.create(owner, { id: 's1', now: 1_000 })
      expect(await store.find(owner, 's1')).toMatchObject({ id: 's1', title: undefined })
    })

    it('keeps a session if the same id is created again', async () => {
      const session = await create('s1')
      expect(await store.create(owner, { id: 's1', title: 'Other', now: 5_000 })).toBeUndefined()
      expect(await store.find(owner, 's1')).toEqual(session)
    })

    it('S34 stores two sessions if two owners use the same id', async () => {
      await create('s1')
      expect(await store.create(stranger, { id: 's1', title: 'Mine', now: 1_000 })).toMatchObject({ owner: stranger })
      await append('s1', ['of ada'])
      await store.append(stranger, 's1', [toMessage('of bob')], { now: 2_000 })
      await store.delete(stranger, 's1')
      expect(await renderRows('s1')).toEqual(['of ada'])
    })

    it('S31 S32 treats a session of another owner like one that does not exist', async () => {
      await create('s1')
      await append('s1', ['secret'])
      const results = async (id: string) => [
        await store.find(stranger, id),
        await store.rename(stranger, id, 'Taken over'),
        await store.delete(stranger, id),
        await store.append(stranger, id, [toMessage('intruder')], { now: 3_000 }),
        await store.append(stranger, id, [toMessage('intruder')], { now: 3_000, expectedVersion: 1 }),
        await store.messages(stranger, id, { limit: 10 }),
        await store.messages(stranger, id, { limit: 10, after: 0 }),
        await store.export(stranger, id),
        await store.list(stranger, { limit: 10 }),
      ]
      const before = await store.export(owner, 's1')
      expect(await results('s1')).toEqual(await results('unknown'))
      expect(await store.export(owner, 's1')).toEqual(before)
    })

    it('lists the sessions of an owner, most recently used first', async () => {
      for (const [index, id] of ['s1', 's2', 's3'].entries()) await create(id, 1_000 + index)
      await store.create(stranger, { id: 's4', now: 1_500 })
      await append('s1', ['hello'])
      const sessions = await store.list(owner, { limit: 10 })
      expect(sessions.map((session) => session.id)).toEqual(['s1', 's3', 's2'])
    })

    it('pages through sessions without losing or repeating one, even within one millisecond', async () => {
      for (let index = 0; index < 7; index++) await create(`s${index}`, 1_000 + Math.floor(index / 3))
      const seen: string[] = []
      let before: { readonly updatedAt: number; readonly id: string } | undefined
      for (;;) {
        const page = await store.list(owner, { limit: 2, before })
        seen.push(...page.map((session) => session.id))
        before = page.at(-1)
        if (before === undefined) break
      }
      expect(seen).toEqual(['s6', 's5', 's4', 's3', 's2', 's1', 's0'])
    })

    it('renames a session without changing `updatedAt`', async () => {
      await create('s1')
      expect(await store.rename(owner, 's1', 'Better')).toMatchObject({ title: 'Better', updatedAt: 1_000 })
      expect(await store.rename(owner, 's1', undefined)).toMatchObject({ title: undefined })
      expect(await store.rename(owner, 's2', 'None')).toBeUndefined()
    })

    it('deletes a session with its messages', async () => {
      await create('s1')
      await append('s1', ['gone'])
      expect(await store.delete(owner, 's1')).toBe(true)
      expect(await store.delete(owner, 's1')).toBe(false)
      await create('s1')
      expect(await store.messages(owner, 's1', { limit: 10 })).toEqual([])
    })

    it('appends messages one after another', async () => {
      await create('s1')
      expect(await append('s1', ['one', 'two'])).toEqual({
        kind: 'appended',
        version: 2,
        messages: [
          { ...toMessage('one'), otherFields: undefined, sessionId: 's1', position: 1, createdAt: 2_000 },
          { ...toMessage('two'), otherFields: undefined, sessionId: 's1', position: 2, createdAt: 2_000 },
        ],
      })
      expect(await append('s1', ['three'])).toMatchObject({ version: 3, messages: [{ position: 3 }] })
      expect(await store.find(owner, 's1')).toMatchObject({ version: 3, updatedAt: 2_000 })
      expect(await renderRows('s1')).toEqual(['one', 'two', 'three'])
    })

    it('S14 returns any string, id and content unchanged', async () => {
      const nasty = `'; DROP TABLE messages; -- " % _ ? $1 \\ 文字 🌊`
      const contents = [
        nasty,
        'a\u0000b',
        '\ud800',
        '',
        null,
        [
          { type: 'text', text: nasty },
          { type: 'x', y: [1.5] },
        ],
      ]
      const session = await store.create(nasty, { id: nasty, title: nasty, now: 1_000 })
      expect(session).toMatchObject({ id: nasty, owner: nasty, title: nasty })
      const otherFields = { tool_calls: [{ id: 'call_1', function: { name: 'f', arguments: '{"a":1}' } }], name: nasty }
      const messages = contents.map((content, index): NewMessage => {
        return { id: `msg_${index}`, role: 'assistant', content, otherFields, status: 'incomplete', model: nasty }
      })
      await store.append(nasty, nasty, messages, { now: 1_000 })
      expect(await store.messages(nasty, nasty, { limit: 10 })).toMatchObject(messages)
      expect(await store.delete(nasty, nasty)).toBe(true)
    })

    it('copies its input, so later changes by the caller have no effect', async () => {
      await create('s1')
      const parts = [{ type: 'text', text: 'before' }]
      await store.append(owner, 's1', [{ ...toMessage(''), content: parts }], { now: 2_000 })
      parts[0] = { type: 'text', text: 'after' }
      expect(await renderRows('s1')).toEqual([[{ type: 'text', text: 'before' }]])
    })

    it('R60 stores 50 concurrent appends, each as a contiguous unit', async () => {
      await create('s1')
      const turns = Array.from({ length: 50 }, (_, index) => [`question ${index}`, `answer ${index}`])
      const results = await Promise.all(turns.map((turn) => append('s1', turn)))
      const { session, messages } = (await store.export(owner, 's1')) ?? {}
      expect(session?.version).toBe(100)
      expect(messages?.map((message) => message.position)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
      for (const [index, result] of results.entries()) {
        const version = result.kind === 'appended' ? result.version : 0
        expect(messages?.slice(version - 2, version).map((message) => message.content)).toEqual(turns[index])
      }
    })

    it('R60 accepts one of several appends with the same expected version and reports the others', async () => {
      await create('s1')
      await append('s1', ['first'])
      const results = await Promise.all(Array.from({ length: 10 }, (_, index) => append('s1', [`reply ${index}`], 1)))
      expect(results.filter((result) => result.kind === 'appended')).toHaveLength(1)
      expect(results.filter((result) => result.kind === 'conflict')).toEqual(
        Array.from({ length: 9 }, () => ({ kind: 'conflict', version: 2 })),
      )
      expect(await renderRows('s1')).toHaveLength(2)
    })

    it('stores nothing for an append to an unknown session', async () => {
      expect(await append('s1', ['lost'])).toEqual({ kind: 'unknown' })
      expect(await append('s1', ['lost'], 0)).toEqual({ kind: 'unknown' })
      await create('s1')
      expect(await renderRows('s1')).toEqual([])
    })

    it('stores nothing for a conflicting append', async () => {
      await create('s1')
      expect(await append('s1', ['lost', 'too'], 7)).toEqual({ kind: 'conflict', version: 0 })
      expect(await store.find(owner, 's1')).toMatchObject({ version: 0, updatedAt: 1_000 })
      expect(await renderRows('s1')).toEqual([])
    })

    it('reads messages in pages, always in ascending order', async () => {
      await create('s1')
      await append('s1', ['1', '2', '3', '4', '5'])
      const read = async (page: { limit: number; before?: number; after?: number }) =>
        (await store.messages(owner, 's1', page))?.map((message) => message.position)
      expect(await read({ limit: 2 })).toEqual([4, 5])
      expect(await read({ limit: 2, before: 4 })).toEqual([2, 3])
      expect(await read({ limit: 2, before: 2 })).toEqual([1])
      expect(await read({ limit: 2, before: 1 })).toEqual([])
      expect(await read({ limit: 2, after: 0 })).toEqual([1, 2])
      expect(await read({ limit: 2, after: 4 })).toEqual([5])
      expect(await read({ limit: 2, after: 5 })).toEqual([])
      expect(await read({ limit: 9, after: 1, before: 5 })).toEqual([2, 3, 4])
    })

    it('case D5: ends a page or an export before the byte limit, but includes at least one message', async () => {
      await create('s1')
      await append('s1', ['1', 'é'.repeat(500), '3', '4', 'y'.repeat(1_000), '6'])
      const read = async (page: { maxBytes: number; after?: number; before?: number }) =>
        (await store.messages(owner, 's1', { limit: 10, ...page }))?.map((message) => message.position)
      expect(await read({ maxBytes: 1_000 })).toEqual([6])
      expect(await read({ maxBytes: 1_000, before: 5 })).toEqual([3, 4])
      expect(await read({ maxBytes: 1_000, after: 0 })).toEqual([1])
      expect(await read({ maxBytes: 1_100, after: 0 })).toEqual([1, 2, 3, 4])
      expect(await read({ maxBytes: 1, after: 1 })).toEqual([2])
      expect(await read({ maxBytes: 10_000 })).toEqual([1, 2, 3, 4, 5, 6])
      await append('s1', ['z'.repeat(2_000_000), '8'])
      expect((await store.export(owner, 's1', 10_000))?.messages.map((message) => message.position)).not.toContain(8)
    })

    it('case D5: returns long messages whole among short ones, from either end', async () => {
      await create('s1')
      const texts = ['1', 'é\\"\n'.repeat(150_000), '3', 'y'.repeat(300_000), 'z'.repeat(300_000), '6']
      for (const text of texts) await append('s1', [text])
      const read = async (page: { maxBytes: number; after?: number; before?: number }) => {
        const messages = (await store.messages(owner, 's1', { limit: 10, ...page })) ?? []
        for (const { position, content } of messages) expect(content === texts[position - 1]).toBe(true)
        return messages.map(({ position }) => position)
      }
      expect(await read({ maxBytes: 10_000_000 })).toEqual([1, 2, 3, 4, 5, 6])
      expect(await read({ maxBytes: 10_000_000, after: 0 })).toEqual([1, 2, 3, 4, 5, 6])
      expect(await read({ maxBytes: 700_000 })).toEqual([3, 4, 5, 6])
      expect(await read({ maxBytes: 1_000, before: 3 })).toEqual([2])
      expect(await read({ maxBytes: 1_000, after: 1 })).toEqual([2])
    })

    it('distinguishes an empty session from an unknown one', async () => {
      await create('s1')
      expect(await store.messages(owner, 's1', { limit: 10 })).toEqual([])
      expect(await store.messages(owner, 's2', { limit: 10 })).toBeUndefined()
    })

    it('exports a long session completely', async () => {
      await create('s1')
      const texts = Array.from({ length: 520 }, (_, index) => `message ${index}`)
      for (let start = 0; start < texts.length; start += 130) await append('s1', texts.slice(start, start + 130))
      const whole = await store.export(owner, 's1')
      expect(whole?.session.version).toBe(520)
      expect(whole?.messages.map((message) => message.content)).toEqual(texts)
    })

    it('deletes sessions last used before the cutoff, oldest first, at most `limit`', async () => {
      for (const [index, id] of ['s1', 's2', 's3', 's4'].entries()) await create(id, 100 + index)
      await store.create(stranger, { id: 'old', now: 50 })
      await append('s1', ['still used'])
      expect(await store.deleteOlderThan(103, 1)).toBe(1)
      expect(await store.find(stranger, 'old')).toBeUndefined()
      expect(await store.deleteOlderThan(103, 10)).toBe(2)
      expect(await store.deleteOlderThan(103, 10)).toBe(0)
      expect((await store.list(owner, { limit: 10 })).map((session) => session.id)).toEqual(['s1', 's4'])
      expect(await renderRows('s1')).toEqual(['still used'])
    })

    it('S31 deletes the sessions of one owner, at most `limit`, and counts their messages', async () => {
      for (const [index, id] of ['s1', 's2', 's3'].entries()) await create(id, 100 + index)
      await append('s2', ['one', 'two'])
      const others = [stranger, `${owner}/user:x`, 'key_ad%', "key_ada' --", 'key_adá']
      for (const other of others) {
        await store.create(other, { id: 's1', now: 1 })
        await store.append(other, 's1', [toMessage('mine')], { now: 2 })
      }
      expect(await store.deleteOf(owner, 2)).toEqual({ sessions: 2, messages: 0 })
      expect((await store.list(owner, { limit: 10 })).map((session) => session.id)).toEqual(['s2'])
      expect(await store.deleteOf(owner, 2)).toEqual({ sessions: 1, messages: 2 })
      expect(await store.deleteOf(owner, 2)).toEqual({ sessions: 0, messages: 0 })
      await create('s2')
      expect(await renderRows('s2')).toEqual([])
      for (const other of others) expect((await store.export(other, 's1'))?.messages).toHaveLength(1)
    })
  })
}

function toMessage(content: string): NewMessage {
  return { id: `msg_${content}`, role: 'user', content, status: 'complete', model: undefined }
}
