import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Limits } from '../../../src/metering/limits.ts'
import type { ApiKey, KeySecret, KeyStore } from '../../../src/storage/key-store.ts'

/** An empty store, and a function that releases its resources. */
export interface OpenKeyStore {
  readonly store: KeyStore
  close(): void | Promise<void>
}

const limits: Limits = {
  rates: [{ unit: 'requests', window: 'minute', limit: 60 }],
  budgets: [{ per: 'month', limitNano: 9_000_000_000_000_000, timeZone: 'Europe/Berlin' }],
  concurrentCalls: 4,
  concurrentStreams: undefined,
  callNano: 0,
}

/** Creates a key that uses every field. */
export function toKey(id: string, changes: Partial<ApiKey> = {}): ApiKey {
  return {
    id,
    parentId: undefined,
    rootId: changes.parentId ?? id,
    name: `Key ${id}`,
    isDisabled: false,
    expiresAt: 4_102_444_800_000,
    grants: { models: ['gpt-*'], operations: undefined, origins: [], ipRanges: ['10.0.0.0/8'] },
    limits,
    perUser: { ...limits, budgets: [] },
    isShadow: false,
    defaultMaxTokens: 500,
    labels: { team: 'Ädåm', 'cost-centre': '' },
    createdAt: 1_000,
    updatedAt: 1_000,
    ...changes,
  }
}

/** Creates a secret. The hash is an arbitrary string here; real hashes are digests. */
export function toSecret(hash: string, changes: Partial<KeySecret> = {}): KeySecret {
  return { hash, hint: `sk-…${hash}`, createdAt: 1_000, expiresAt: undefined, ...changes }
}

const bare = {
  expiresAt: undefined,
  perUser: undefined,
  defaultMaxTokens: undefined,
  labels: {},
  grants: { models: undefined, operations: undefined, origins: undefined, ipRanges: undefined },
} as const

/** Defines the tests that every key store must pass. */
export function describeKeyStore(name: string, open: () => Promise<OpenKeyStore>): void {
  describe(`key store: ${name}`, () => {
    let opened: OpenKeyStore
    let store: KeyStore
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    const create = async (id: string, changes: Partial<ApiKey> = {}) => {
      const key = toKey(id, changes)
      expect(await store.create(key, toSecret(`hash of ${id}`))).toBe(true)
      return key
    }
    /** k1 ← k2 ← k3 */
    const createLine = async () => [
      await create('k1'),
      await create('k2', { parentId: 'k1', rootId: 'k1' }),
      await create('k3', { parentId: 'k2', rootId: 'k1' }),
    ]

    it('finds a key unchanged, by its id and by the hash of its secret', async () => {
      const key = await create('k1')
      expect(await store.find('k1')).toStrictEqual({ key, ancestors: [] })
      expect(await store.findByHash('hash of k1')).toStrictEqual({
        key,
        ancestors: [],
        secret: toSecret('hash of k1'),
      })
      expect(await store.secrets('k1')).toStrictEqual([toSecret('hash of k1')])
    })

    it('is unused only before the first key, even after the last one is deleted', async () => {
      expect(await store.isUnused()).toBe(true)
      await createLine()
      expect(await store.isUnused()).toBe(false)
      await store.delete('k1', 5_000)
      expect(await store.isUnused()).toBe(false)
    })

    it('lists, changes and removes the person of a key', async () => {
      const key = await create('k1', { personId: 'p1' })
      await create('k2', { personId: 'p2' })
      await create('k3', { parentId: 'k1', rootId: 'k1', personId: 'p1' })
      const idsOf = async (page: object) => (await store.list({ limit: 9, ...page })).map((item) => item.key.id)
      expect(await store.find('k1')).toStrictEqual({ key, ancestors: [] })
      expect(await idsOf({ personId: 'p1' })).toEqual(['k1', 'k3'])
      expect(await idsOf({ personId: 'p1', after: 'k1' })).toEqual(['k3'])
      expect(await idsOf({ personId: 'p1', parentId: 'k1' })).toEqual(['k3'])
      expect(await idsOf({ personId: 'p2', parentId: 'k1' })).toEqual([])
      await store.update('k1', () => ({ name: 'x' }), 2_000)
      expect(await idsOf({ personId: 'p1' })).toEqual(['k1', 'k3'])
      await store.update('k1', () => ({ personId: 'none' }), 2_000)
      expect(await idsOf({ personId: 'p1' })).toEqual(['k3'])
      expect((await store.find('k1'))?.key).not.toHaveProperty('personId')
    })

    it('finds a key without its optional fields', async () => {
      const key = await create('k1', {
        ...bare,
        limits: { ...limits, rates: [], budgets: [], concurrentCalls: undefined },
      })
      expect((await store.find('k1'))?.key).toStrictEqual(key)
    })

    it('finds nothing for an unknown id, an unknown hash or a prefix of a hash', async () => {
      await create('k1')
      expect(await store.find('k2')).toBeUndefined()
      for (const hash of ['hash of k', 'hash of k1 ', 'HASH OF K1', '', '%', 'k1'])
        expect(await store.findByHash(hash)).toBeUndefined()
      expect(await store.secrets('k2')).toEqual([])
    })

    it('returns the ancestors of a key from parent to root', async () => {
      const [k1, k2, k3] = await createLine()
      await create('k4', { parentId: 'k1', rootId: 'k1' })
      expect(await store.find('k3')).toStrictEqual({ key: k3, ancestors: [k2, k1] })
      expect(await store.findByHash('hash of k3')).toMatchObject({ key: k3, ancestors: [k2, k1] })
      expect(await store.find('k1')).toStrictEqual({ key: k1, ancestors: [] })
    })

    it('follows eight levels of ancestors', async () => {
      await create('k1')
      for (let level = 2; level <= 8; level += 1) await create(`k${level}`, { parentId: `k${level - 1}`, rootId: 'k1' })
      const above = (await store.findByHash('hash of k8'))?.ancestors.map(({ id }) => id)
      expect(above).toEqual(['k7', 'k6', 'k5', 'k4', 'k3', 'k2', 'k1'])
    })

    it.each([
      ['a taken id', toKey('k1', { name: 'Other' }), toSecret('new')],
      ['a taken hash', toKey('k9'), toSecret('hash of k1')],
      ['a missing parent', toKey('k9', { parentId: 'gone', rootId: 'gone' }), toSecret('new')],
    ])('creates no key with %s, and changes nothing', async (_name, key, secret) => {
      const known = await create('k1')
      expect(await store.create(key, secret)).toBe(false)
      expect(await store.find('k1')).toStrictEqual({ key: known, ancestors: [] })
      expect(await store.secrets('k1')).toStrictEqual([toSecret('hash of k1')])
      expect(await store.find('k9')).toBeUndefined()
      expect(await store.findByHash('new')).toBeUndefined()
    })

    it('creates one of several concurrent keys with the same hash', async () => {
      const created = await Promise.all(['k1', 'k2', 'k3', 'k4'].map((id) => store.create(toKey(id), toSecret('same'))))
      expect(created.filter(Boolean)).toHaveLength(1)
      expect(await store.list({ limit: 10 })).toHaveLength(1)
    })

    it('lists keys with their secrets ordered by id, in pages', async () => {
      for (const id of ['k2', 'k1', 'k4', 'k3', 'k5']) await create(id)
      await store.rotate('k2', toSecret('second', { createdAt: 2_000 }), 9_000)
      const first = await store.list({ limit: 2 })
      expect(first).toStrictEqual([
        { key: toKey('k1'), secrets: [toSecret('hash of k1')] },
        {
          key: toKey('k2'),
          secrets: [toSecret('hash of k2', { expiresAt: 9_000 }), toSecret('second', { createdAt: 2_000 })],
        },
      ])
      const idsAfter = async (after: string) => (await store.list({ limit: 2, after })).map(({ key }) => key.id)
      expect(await idsAfter('k2')).toEqual(['k3', 'k4'])
      expect(await idsAfter('k4')).toEqual(['k5'])
      expect(await idsAfter('k5')).toEqual([])
    })

    it('lists only the children of one key', async () => {
      await createLine()
      await create('k4', { parentId: 'k1', rootId: 'k1' })
      const children = async (parentId: string) => (await store.list({ limit: 10, parentId })).map(({ key }) => key.id)
      expect(await children('k1')).toEqual(['k2', 'k4'])
      expect(await children('k2')).toEqual(['k3'])
      expect(await children('k3')).toEqual([])
      expect((await store.list({ limit: 10, parentId: 'k1', after: 'k2' })).map(({ key }) => key.id)).toEqual(['k4'])
    })

    it('changes only the given fields', async () => {
      const key = await create('k1')
      const changed = { ...key, name: 'Renamed', isDisabled: true, updatedAt: 5_000 }
      expect(await store.update('k1', () => ({ name: 'Renamed', isDisabled: true }), 5_000)).toStrictEqual(changed)
      expect((await store.find('k1'))?.key).toStrictEqual(changed)
      const narrowed = await store.update(
        'k1',
        () => ({ grants: { operations: ['chat.*'], models: undefined } }),
        6_000,
      )
      expect(narrowed?.grants).toStrictEqual({ ...key.grants, operations: ['chat.*'], models: undefined })
    })

    it('removes optional values', async () => {
      await create('k1')
      const change = { expiresAt: 'never', perUser: 'none', defaultMaxTokens: 'none', labels: {} } as const
      expect(await store.update('k1', () => change, 2_000)).toMatchObject({
        expiresAt: undefined,
        perUser: undefined,
        defaultMaxTokens: undefined,
        labels: {},
      })
    })

    it('changes nothing for an unknown key', async () => {
      expect(await store.update('k1', () => ({ name: 'New' }), 2_000)).toBeUndefined()
      expect(await store.find('k1')).toBeUndefined()
    })

    it('R60 loses none of several concurrent changes', async () => {
      await create('k1')
      const changes = [
        { name: 'New' },
        { isDisabled: true },
        { expiresAt: 7_000 },
        { labels: { a: 'b' } },
        { isShadow: true },
        { defaultMaxTokens: 7 },
        { grants: { models: ['a'] } },
        { grants: { origins: ['https://a.example'] } },
      ]
      await Promise.all(changes.map((change) => store.update('k1', () => change, 2_000)))
      expect((await store.find('k1'))?.key).toMatchObject({
        ...{ name: 'New', isDisabled: true, expiresAt: 7_000, labels: { a: 'b' }, isShadow: true, defaultMaxTokens: 7 },
        grants: { models: ['a'], origins: ['https://a.example'] },
      })
    })

    it('R60 calls `change` again with the newer key after a concurrent change, and never for a missing key', async () => {
      await create('k1')
      const append = (letter: string) => store.update('k1', ({ name }) => ({ name: `${name}${letter}` }), 2_000)
      await Promise.all(['a', 'b', 'c', 'd'].map(append))
      const name = (await store.find('k1'))?.key.name ?? ''
      expect([...name.replace('Key k1', '')].toSorted()).toEqual(['a', 'b', 'c', 'd'])
      const refusal = new Error('refused')
      const refuse = () => {
        throw refusal
      }
      await expect(store.update('k1', refuse, 3_000)).rejects.toBe(refusal)
      expect((await store.find('k1'))?.key).toMatchObject({ name, updatedAt: 2_000 })
      expect(await store.update('k2', refuse, 3_000)).toBeUndefined()
    })

    it('finds the key by both secrets during a rotation, and keeps an earlier expiry', async () => {
      await create('k1')
      expect(await store.rotate('k1', toSecret('second', { createdAt: 2_000 }), 9_000)).toBe(true)
      expect((await store.findByHash('hash of k1'))?.secret.expiresAt).toBe(9_000)
      expect((await store.findByHash('second'))?.secret.expiresAt).toBeUndefined()
      expect(await store.rotate('k1', toSecret('third', { createdAt: 3_000 }), 20_000)).toBe(true)
      const ends = (await store.secrets('k1')).map(({ hash, expiresAt }) => [hash, expiresAt])
      expect(ends).toEqual([
        ['hash of k1', 9_000],
        ['second', 20_000],
        ['third', undefined],
      ])
    })

    it('S17 deletes an expired secret with the next rotation, and at once without an overlap', async () => {
      await create('k1')
      await store.rotate('k1', toSecret('second', { createdAt: 2_000 }), 9_000)
      await store.rotate('k1', toSecret('third', { createdAt: 9_000 }), 9_000)
      expect((await store.secrets('k1')).map(({ hash }) => hash)).toEqual(['third'])
      expect(await store.findByHash('second')).toBeUndefined()
    })

    it.each([
      ['its own', 'hash of k1'],
      ['another key’s', 'hash of k2'],
    ])('does not rotate to a hash that is %s already, and changes nothing', async (_owner, hash) => {
      await create('k1')
      await create('k2')
      expect(await store.rotate('k1', toSecret(hash, { createdAt: 2_000 }), 2_000)).toBe(false)
      expect(await store.secrets('k1')).toStrictEqual([toSecret('hash of k1')])
      expect((await store.findByHash('hash of k2'))?.key.id).toBe('k2')
    })

    it('does not rotate an unknown key', async () => {
      expect(await store.rotate('k1', toSecret('new'), 2_000)).toBe(false)
      expect(await store.findByHash('new')).toBeUndefined()
    })

    it('deletes only a key, its descendants and their secrets', async () => {
      await createLine()
      await create('k4', { parentId: 'k1', rootId: 'k1' })
      await create('k5')
      expect(await store.delete('k2', 9_000)).toBe(2)
      expect(await store.delete('k2', 9_000)).toBe(0)
      expect((await store.list({ limit: 10 })).map(({ key }) => key.id)).toEqual(['k1', 'k4', 'k5'])
      expect(await store.findByHash('hash of k3')).toBeUndefined()
      expect(await store.secrets('k3')).toEqual([])
    })

    it('case C14 finds a deleted key nowhere and never reuses its id, but keeps its lineage', async () => {
      await createLine()
      await store.delete('k2', 9_000)
      expect(await store.find('k3')).toBeUndefined()
      expect(await store.list({ limit: 10, parentId: 'k2' })).toEqual([])
      expect(await store.update('k3', () => ({ name: 'New' }), 9_001)).toBeUndefined()
      expect(await store.rotate('k3', toSecret('second'), 9_001)).toBe(false)
      expect(await store.create(toKey('k3'), toSecret('third'))).toBe(false)
      expect(await store.create(toKey('k4', { parentId: 'k2', rootId: 'k1' }), toSecret('third'))).toBe(false)
      for (const hash of ['hash of k3', 'second', 'third']) expect(await store.findByHash(hash)).toBeUndefined()
      expect(await store.lineage('k3')).toEqual(['k3', 'k2', 'k1'])
      // The secret is deleted, so another key may use the same hash.
      expect(await store.create(toKey('k5'), toSecret('hash of k3'))).toBe(true)
      expect(await store.delete('k1', 9_002)).toBe(1)
    })

    it('returns the ids of a key and of its ancestors, and for an unknown key its own id', async () => {
      await createLine()
      expect(await store.lineage('k3')).toEqual(['k3', 'k2', 'k1'])
      expect(await store.lineage('k1')).toEqual(['k1'])
      expect(await store.lineage('token')).toEqual(['token'])
    })

    it('raises the version with every change', async () => {
      const versions = [await store.version()]
      const note = async () => void versions.push(await store.version())
      await create('k1')
      await note()
      await store.update('k1', () => ({ isDisabled: true }), 2_000)
      await note()
      await store.rotate('k1', toSecret('second'), 9_000)
      await note()
      await store.delete('k1', 9_000)
      await note()
      expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right))
      expect(versions).toHaveLength(5)
    })

    it('keeps the version during reads', async () => {
      await create('k1')
      const version = await store.version()
      await Promise.all([
        store.find('k1'),
        store.findByHash('hash of k1'),
        store.list({ limit: 1 }),
        store.secrets('k1'),
      ])
      expect(await store.version()).toBe(version)
    })

    it('S14 finds nothing for hostile strings, and returns any string unchanged', async () => {
      const nasty = `'; DROP TABLE api_keys; -- " OR 1=1 % _ ? $1 \\ \u0000 文字 🌊`
      for (const hash of [nasty, "' OR '1'='1", "x' UNION SELECT * FROM api_keys --"])
        expect(await store.findByHash(hash)).toBeUndefined()
      const key = toKey(nasty, { name: nasty, labels: { [nasty]: nasty }, grants: { ...bare.grants, models: [nasty] } })
      expect(await store.create(key, toSecret(nasty, { hint: nasty }))).toBe(true)
      expect(await store.findByHash(nasty)).toStrictEqual({
        key,
        ancestors: [],
        secret: toSecret(nasty, { hint: nasty }),
      })
      expect(await store.update(nasty, () => ({ name: 'plain' }), 2_000)).toMatchObject({ name: 'plain' })
      expect(await store.delete(nasty, 9_000)).toBe(1)
    })

    it('copies its input, so later changes by the caller have no effect', async () => {
      const models = ['before']
      await create('k1', { grants: { ...bare.grants, models } })
      models[0] = 'after'
      expect((await store.find('k1'))?.key.grants.models).toEqual(['before'])
    })
  })
}
