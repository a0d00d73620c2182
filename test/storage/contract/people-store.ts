import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminSession, AdminSessionStore } from '../../../src/storage/admin-session-store.ts'
import type { Link, LinkStore } from '../../../src/storage/link-store.ts'
import type { PeopleStore, Person } from '../../../src/storage/people-store.ts'

/** Empty stores of one database, and a function that releases its resources. */
export interface OpenPeople {
  readonly people: PeopleStore
  readonly sessions: AdminSessionStore
  readonly links: LinkStore
  /** Adds a key that belongs to a person, and returns a function that reads the person's id. */
  addKey(personId: string): Promise<() => Promise<string | undefined>>
  close(): void | Promise<void>
}

const account = { issuer: 'https://id.example', subject: 'ada' }

/** Creates a person. */
export function toPerson(id: string, changes: Partial<Person> = {}): Person {
  return {
    id,
    name: `Ada "${id}" 🌊`,
    email: `${id}@example.com`,
    role: 'owner',
    isDisabled: false,
    account: undefined,
    createdAt: 1_000,
    updatedAt: 1_000,
    ...changes,
  }
}

function toSession(hash: string, changes: Partial<AdminSession> = {}): AdminSession {
  const times = { createdAt: 1_000, usedAt: 1_000, expiresAt: 9_000 }
  return { hash, personId: undefined, secretBinding: 'binding', ...times, ...changes }
}

function toLink(id: string, changes: Partial<Link> = {}): Link {
  const times = { createdAt: 1_000, expiresAt: 9_000, claimedAt: undefined }
  return { id, keyId: 'key_a', overlapSeconds: 60, createdBy: 'Ada', ...times, ...changes }
}

/** Defines the tests that the stores of people, of their sessions and of links must pass. */
export function describePeople(name: string, open: () => Promise<OpenPeople>): void {
  describe(`people: ${name}`, () => {
    let opened: OpenPeople
    let people: PeopleStore
    let sessions: AdminSessionStore
    beforeEach(async () => {
      opened = await open()
      people = opened.people
      sessions = opened.sessions
    })
    afterEach(() => opened.close())

    const create = async (id: string, changes: Partial<Person> = {}) => {
      const person = toPerson(id, changes)
      expect(await people.create(person)).toBe(true)
      return person
    }

    it('finds a person unchanged, by id, e-mail address and account', async () => {
      const whole = await create('p1', { account })
      const bare = await create('p2', { email: undefined, role: 'member', isDisabled: true })
      expect(await people.find('p1')).toStrictEqual(whole)
      expect(await people.find('p2')).toStrictEqual(bare)
      expect(await people.findByEmail('p1@example.com')).toStrictEqual(whole)
      expect(await people.findByAccount(account)).toStrictEqual(whole)
      for (const other of [
        { ...account, subject: 'Ada' },
        { ...account, issuer: 'https://id.example/' },
      ])
        expect(await people.findByAccount(other)).toBeUndefined()
      expect(await people.findByEmail('%')).toBeUndefined()
      expect(await people.find('p3')).toBeUndefined()
    })

    it('adds no person with a taken id, e-mail address or account', async () => {
      const first = await create('p1', { account })
      expect(await people.create(toPerson('p1', { email: 'other@example.com' }))).toBe(false)
      expect(await people.create(toPerson('p2', { email: 'p1@example.com' }))).toBe(false)
      expect(await people.create(toPerson('p3', { account }))).toBe(false)
      expect(await people.list({ limit: 9 })).toStrictEqual([first])
      await create('p4', { email: undefined })
      await create('p5', { email: undefined })
    })

    it('lists people in pages, oldest first', async () => {
      for (const id of ['p2', 'p3', 'p1']) await create(id)
      expect((await people.list({ limit: 2 })).map(({ id }) => id)).toEqual(['p1', 'p2'])
      expect((await people.list({ limit: 2, after: 'p2' })).map(({ id }) => id)).toEqual(['p3'])
    })

    it('changes the named fields and removes values', async () => {
      const person = await create('p1', { account })
      await create('p2')
      const updated = await people.update('p1', () => ({ role: 'viewer', email: 'new@example.com' }), 2_000)
      const expected = { ...person, role: 'viewer', email: 'new@example.com', updatedAt: 2_000 }
      expect(updated).toStrictEqual({ kind: 'updated', person: expected })
      await people.update('p1', () => ({ email: 'none', account: 'none', name: 'x', isDisabled: true }), 3_000)
      expect(await people.find('p1')).toStrictEqual({
        ...expected,
        ...{ name: 'x', email: undefined, account: undefined, isDisabled: true, updatedAt: 3_000 },
      })
      expect(await people.update('p3', () => ({}), 1)).toEqual({ kind: 'unknown' })
    })

    it('refuses a change to an e-mail address or an account of another person', async () => {
      await create('p1', { account })
      await create('p2')
      expect(await people.update('p2', () => ({ email: 'p1@example.com' }), 1)).toEqual({ kind: 'taken' })
      expect(await people.update('p2', () => ({ account }), 1)).toEqual({ kind: 'taken' })
      expect((await people.update('p1', () => ({ email: 'p1@example.com', account }), 1)).kind).toBe('updated')
    })

    it('changes nothing if the change throws', async () => {
      const person = await create('p1')
      const refuse = () => {
        throw new Error('refused')
      }
      await expect(people.update('p1', refuse, 2_000)).rejects.toThrow('refused')
      await expect(people.delete('p1', refuse)).rejects.toThrow('refused')
      expect(await people.find('p1')).toStrictEqual(person)
    })

    it('loses no concurrent change', async () => {
      await create('p1', { name: '' })
      const append = (letter: string) => people.update('p1', ({ name }) => ({ name: name + letter }), 2_000)
      await Promise.all([...'abcdef'].map(append))
      expect([...((await people.find('p1'))?.name ?? '')].toSorted().join('')).toBe('abcdef')
    })

    it('keeps the last owner who is not disabled', async () => {
      await create('p1')
      await create('p2', { isDisabled: true })
      await create('p3', { role: 'admin' })
      for (const change of [{ role: 'admin' }, { isDisabled: true }] as const)
        expect(await people.update('p1', () => change, 2_000)).toEqual({ kind: 'last_owner' })
      expect(await people.delete('p1', () => {})).toBe('last_owner')
      expect((await people.update('p1', () => ({ name: 'still' }), 2_000)).kind).toBe('updated')
      expect(await people.delete('p2', () => {})).toBe('deleted')
      await people.update('p3', () => ({ role: 'owner' }), 2_000)
      expect(await people.delete('p1', () => {})).toBe('deleted')
      expect(await people.delete('p1', () => {})).toBe('unknown')
    })

    it('keeps one of two owners who remove each other at once', async () => {
      for (const [left, right] of [
        ['p1', 'p2'],
        ['p3', 'p4'],
      ] as const) {
        await create(left)
        await create(right)
        const demote = (id: string) => people.update(id, () => ({ role: 'viewer' }), 2_000)
        await Promise.all([demote(left), people.delete(right, () => {})])
        const rest = await people.list({ limit: 9 })
        const owners = rest.filter(({ role, isDisabled }) => role === 'owner' && !isDisabled)
        expect(owners.length).toBeGreaterThan(0)
        for (const { id } of owners.slice(1)) await people.delete(id, () => {})
      }
    })

    it('sets the account of a person once', async () => {
      await create('p1')
      await create('p2')
      const claims = await Promise.all(
        ['ada', 'eve'].map((subject) => people.claimAccount('p1', { ...account, subject }, 2_000)),
      )
      expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1)
      const known = (await people.find('p1'))?.account
      expect(claims.find((claim) => claim !== undefined)?.account).toEqual(known)
      expect(known && (await people.claimAccount('p2', known, 2_000))).toBeUndefined()
      expect(await people.claimAccount('p3', { ...account, subject: 'x' }, 2_000)).toBeUndefined()
    })

    it('finds a session with the current state of its person', async () => {
      const person = await create('p1')
      await create('p2')
      const session = toSession('h1', { personId: 'p1', secretBinding: undefined })
      await sessions.create(session)
      await sessions.create(toSession('h2'))
      expect(await sessions.find('h1')).toStrictEqual({ session, person })
      expect(await sessions.find('h2')).toStrictEqual({ session: toSession('h2'), person: undefined })
      expect(await sessions.find('h')).toBeUndefined()
      await people.update('p1', () => ({ role: 'viewer', isDisabled: true }), 2_000)
      expect((await sessions.find('h1'))?.person).toMatchObject({ role: 'viewer', isDisabled: true })
      await sessions.touch('h1', 4_000)
      await sessions.touch('h9', 4_000)
      expect((await sessions.find('h1'))?.session.usedAt).toBe(4_000)
      expect(await sessions.find('h9')).toBeUndefined()
    })

    it('deletes a session at once, those of a deleted person, and expired ones', async () => {
      await create('p1')
      await create('p2')
      await sessions.create(toSession('h1'))
      await sessions.create(toSession('h2', { personId: 'p1' }))
      expect(await sessions.delete('h1')).toBe(true)
      expect(await sessions.delete('h1')).toBe(false)
      expect(await sessions.find('h1')).toBeUndefined()
      await people.delete('p1', () => {})
      expect(await sessions.find('h2')).toBeUndefined()
      await sessions.create(toSession('h3', { expiresAt: 5_000 }))
      await sessions.create(toSession('h4', { createdAt: 5_000 }))
      expect(await sessions.find('h3')).toBeUndefined()
    })

    it('frees the keys of a deleted person', async () => {
      await create('p1')
      await create('p2')
      const [mine, other] = [await opened.addKey('p1'), await opened.addKey('p2')]
      expect(await mine()).toBe('p1')
      await people.delete('p1', () => {})
      expect([await mine(), await other()]).toEqual([undefined, 'p2'])
    })

    it('claims a link once, however many claim it at once', async () => {
      const { links } = opened
      const link = toLink('l1')
      await links.create(link, 'h1', 0)
      const claims = await Promise.all(Array.from({ length: 8 }, () => links.claim('h1', 2_000)))
      const won = claims.filter(({ kind }) => kind === 'claimed')
      expect(won).toStrictEqual([{ kind: 'claimed', link: { ...link, claimedAt: 2_000 } }])
      expect(claims.filter(({ kind }) => kind === 'used')).toHaveLength(7)
      await links.release('l1')
      expect((await links.claim('h1', 3_000)).kind).toBe('claimed')
    })

    it('knows no expired, deleted or foreign link', async () => {
      const { links } = opened
      for (const id of ['l1', 'l2', 'l3']) await links.create(toLink(id), `hash of ${id}`, 0)
      expect(await links.claim('hash of l1', 9_000)).toEqual({ kind: 'unknown' })
      expect(await links.claim('hash of l', 2_000)).toEqual({ kind: 'unknown' })
      expect(await links.delete('l2')).toBe(true)
      expect(await links.delete('l2')).toBe(false)
      expect(await links.claim('hash of l2', 2_000)).toEqual({ kind: 'unknown' })
      await links.claim('hash of l3', 2_000)
      // A used link that has expired since is unknown like any other.
      expect(await links.claim('hash of l3', 9_000)).toEqual({ kind: 'unknown' })
      expect(await links.list({ limit: 1 })).toStrictEqual([toLink('l1')])
      expect((await links.list({ limit: 9, after: 'l1' })).map(({ id }) => id)).toEqual(['l3'])
      await links.create(toLink('l4', { expiresAt: 99_000 }), 'h4', 9_000)
      expect((await links.list({ limit: 9 })).map(({ id }) => id)).toEqual(['l4'])
    })
  })
}
