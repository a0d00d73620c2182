import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKeyAdmin, type KeyAdmin } from '../../../src/admin/keys/key-admin.ts'
import type { KeyObject } from '../../../src/admin/keys/key-object.ts'
import { nodeSecrets } from '../../../src/platform/node/node-secrets.ts'
import { gatewayToken } from '../../support/gateway.ts'
import { everything, named, type OpenKeyAdmin, openKeyAdmin, refusal, unlimited } from './open-key-admin.ts'

let opened: OpenKeyAdmin
let admin: KeyAdmin
beforeEach(async () => {
  opened = await openKeyAdmin()
  admin = opened.admin
})
afterEach(() => opened.close())

const noon = '2030-06-01T12:00:00.000Z'

describe('a new key', () => {
  it('needs only a name', async () => {
    const { secret, ...key } = await admin.create({ name: 'Ada' })
    expect(secret).toMatch(/^sk-weir-[0-9a-f]{64}$/)
    expect(key).toEqual({
      id: expect.stringMatching(/^key_[0-9a-f]{28}$/),
      object: 'key',
      name: 'Ada',
      parent_id: null,
      disabled: false,
      expires_at: null,
      models: null,
      operations: null,
      origins: null,
      ip_ranges: null,
      limits: unlimited,
      per_user: null,
      shadow: false,
      default_max_tokens: null,
      labels: {},
      person_id: null,
      secrets: [{ hint: `${secret?.slice(0, 12)}…${secret?.slice(-4)}`, created_at: noon, expires_at: null }],
      created_at: noon,
      updated_at: noon,
    })
    expect(await admin.find(key.id)).toEqual(key)
  })

  it('is returned with every field unchanged', async () => {
    const { secret: _secret, secrets: _secrets, id, ...key } = await admin.create(everything)
    expect(key).toEqual({ ...everything, object: 'key', parent_id: null, created_at: noon, updated_at: noon })
    expect(await admin.find(id)).toMatchObject(everything)
  })

  it('S17 S23 is stored only as a hash, and only its first response contains the secret', async () => {
    const { secret, id } = await admin.create({ name: 'Ada' })
    const importedSecret = 'sk-proj-brought-from-elsewhere-7d31'
    const imported = await admin.create({ name: 'Bob', secret: importedSecret })
    const rotated = await admin.rotate(id, {})
    opened.sql.sync.all('PRAGMA wal_checkpoint(TRUNCATE)', [])
    const bytes = readFileSync(opened.path).toString('latin1')
    const shown = JSON.stringify([await admin.find(id), await admin.list({ limit: 9 }), imported, opened.audits])
    for (const hidden of [secret, importedSecret, rotated.secret]) {
      expect(hidden).toEqual(expect.any(String))
      expect(bytes).not.toContain(String(hidden).slice(13))
      expect(shown).not.toContain(String(hidden).slice(13, -4))
    }
  })

  it('is new each time, with ids in the order of creation', async () => {
    const created = [await admin.create({ name: 'a' })]
    opened.time.now += 1
    created.push(await admin.create({ name: 'a' }))
    expect(new Set(created.map(({ secret }) => secret)).size).toBe(2)
    expect(created.map(({ id }) => id)).toEqual(created.map(({ id }) => id).sort())
  })

  it('imports an existing secret and never shows it', async () => {
    const secret = 'sk-proj-existing-0123456789abcdef'
    const key = await admin.create({ name: 'Old client', secret })
    expect(key).toMatchObject({ secret: null, secrets: [{ hint: 'sk-pr…cdef' }] })
    expect((await opened.keys.store.findByHash(hashOf(secret)))?.key.id).toBe(key.id)
  })

  it('shows little of a short secret', async () => {
    const { secrets } = await admin.create({ name: 'Short', secret: 'abcdefghijklmnop' })
    expect(secrets[0]?.hint).toBe('ab…mnop')
  })

  it.each([
    ['fifteen-chars-x', /16 to 512 characters/],
    ['has a space in it somewhere', /space/],
    ['nicht-ascii-schlüssel', /ASCII/],
    ['your-api-key-here', /sample/],
    ['aaaaaaaaaaaaaaaaaaaa', /sample/],
    ['x'.repeat(513), /16 to 512 characters/],
    [gatewayToken, /TOKEN/],
  ])('refuses the secret %s', async (secret, message) => {
    const refused = await refusal(admin.create({ name: 'x', secret }))
    expect(refused).toMatchObject({ code: 'invalid_value', param: 'secret', message: expect.stringMatching(message) })
    expect(refused?.message).not.toContain(secret)
  })

  it('refuses the secret of another key', async () => {
    const secret = 'sk-proj-existing-0123456789abcdef'
    await admin.create({ name: 'One', secret })
    expect(await refusal(admin.create({ name: 'Two', secret }))).toMatchObject({ param: 'secret' })
    expect((await admin.list({ limit: 9 })).items).toHaveLength(1)
  })

  it('stores each origin and range once, in canonical form, and zones by canonical names', async () => {
    const key = await admin.create({
      name: 'x',
      origins: ['https://Shop.Example:443/', 'https://shop.example'],
      ip_ranges: ['::ffff:10.0.0.0/104', '10.0.0.0/8', '2001:DB8:0::/32'],
      limits: {
        budgets: [
          { usd: 1, per: 'day', time_zone: 'europe/berlin' },
          { usd: 2, per: 'month' },
        ],
      },
    })
    expect(key).toMatchObject({
      origins: ['https://shop.example'],
      ip_ranges: ['10.0.0.0/8', '2001:db8::/32'],
      limits: { budgets: [{ time_zone: 'Europe/Berlin' }, { time_zone: 'UTC' }] },
    })
  })
})

describe('an existing key', () => {
  it('changes only named fields, and null removes a value', async () => {
    const { id } = await admin.create(everything)
    opened.time.now += 1_000
    const changed = await admin.update(id, {
      models: null,
      limits: null,
      expires_at: null,
      labels: null,
      disabled: true,
    })
    expect(changed).toMatchObject({
      name: 'Web shop',
      models: null,
      limits: unlimited,
      expires_at: null,
      labels: {},
      disabled: true,
      operations: everything.operations,
      updated_at: '2030-06-01T12:00:01.000Z',
      created_at: noon,
    })
    expect(await admin.find(id)).toEqual(changed)
    expect(await admin.update(id, { models: [] })).toMatchObject({ models: [] })
  })

  it('case C15 keeps each limit that a change does not name, also for two concurrent changes', async () => {
    const { id } = await admin.create(everything)
    await Promise.all([
      admin.update(id, { limits: { requests_per_minute: 5, concurrent_calls: null, concurrent_streams: null } }),
      admin.update(id, { limits: { usd_per_call: 0.1 }, per_user: { requests_per_minute: 1 } }),
    ])
    expect(await admin.find(id)).toMatchObject({
      limits: {
        ...everything.limits,
        ...{ requests_per_minute: 5, concurrent_calls: null, concurrent_streams: null, usd_per_call: 0.1 },
      },
      per_user: { ...everything.per_user, requests_per_minute: 1 },
    })
    expect(await admin.update(id, { limits: {} })).toMatchObject({ limits: { requests_per_minute: 5 } })
  })

  it('case C15 refuses a change whose merged limits contradict each other, and stays unchanged', async () => {
    const { id } = await admin.create(named({ limits: { requests_per_hour: 10 } }))
    expect(await refusal(admin.update(id, { limits: { requests_per_minute: 11 } }))).toMatchObject({
      param: 'limits.requests_per_minute',
      message: expect.stringContaining('because `requests_per_hour` is 10'),
    })
    expect(await refusal(admin.update(id, { per_user: { requests_per_hour: 11 } }))).toMatchObject({
      param: 'per_user.requests_per_hour',
    })
    expect(await admin.find(id)).toMatchObject({ limits: { requests_per_minute: null }, per_user: null })
  })

  it('case C15 merges its labels, at most sixteen', async () => {
    const { id } = await admin.create(named({ labels: { team: 'a', note: 'b' } }))
    expect((await admin.update(id, { labels: { note: null, place: 'c' } })).labels).toEqual({ team: 'a', place: 'c' })
    const many = Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`l${at}`, '']))
    expect(await refusal(admin.update(id, { labels: many }))).toMatchObject({ param: 'labels' })
    expect(await admin.update(id, { labels: { ...many, team: null } })).toMatchObject({
      labels: { place: 'c', l0: '' },
    })
    expect((await admin.create(named({ labels: { team: null } }))).labels).toEqual({})
  })

  it('may be set to expire in the past', async () => {
    const { id } = await admin.create({ name: 'x' })
    expect(await admin.update(id, { expires_at: '2020-01-01' })).toMatchObject({
      expires_at: '2020-01-01T00:00:00.000Z',
    })
  })

  it('gets another secret beside the old one, which expires after a day or the given overlap', async () => {
    const { id, secret } = await admin.create({ name: 'x' })
    const second = await admin.rotate(id, undefined)
    expect(second.secret).not.toBe(secret)
    expect(second.secrets).toMatchObject([{ expires_at: '2030-06-02T12:00:00.000Z' }, { expires_at: null }])
    opened.time.now += 1_000
    const third = await admin.rotate(id, { overlap_seconds: 0, secret: 'sk-proj-existing-0123456789' })
    expect(third).toMatchObject({ secret: null, secrets: [{ hint: 'sk-p…6789', expires_at: null }] })
    for (const overlap of [-1, 0.5, 2_592_001, '60'])
      expect(await refusal(admin.rotate(id, { overlap_seconds: overlap }))).toMatchObject({
        param: 'overlap_seconds',
        message: expect.stringContaining('from 0 to 2592000'),
      })
    expect(await refusal(admin.rotate(id, { overlap: 5 }))).toMatchObject({ param: 'overlap' })
    expect(await refusal(admin.rotate(id, { secret: 'sk-proj-existing-0123456789' }))).toMatchObject({
      param: 'secret',
    })
  })

  it('S20 leaves the cache of this process as soon as it changes', async () => {
    const { id, secret } = await admin.create({ name: 'x' })
    const hash = hashOf(String(secret))
    const changes = [() => admin.update(id, { disabled: true }), () => admin.rotate(id, {}), () => admin.delete(id)]
    for (const change of changes) {
      await opened.keys.cache.find(hash)
      expect(opened.keys.cache.peek(hash)?.found).toBeDefined()
      await change()
      expect(opened.keys.cache.peek(hash)).toBeUndefined()
    }
  })

  it('is listed in pages, oldest first, all or the children of one key', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const created: KeyObject[] = []
    for (const name of names) {
      opened.time.now += 1
      const { secret: _secret, ...key } = await admin.create({ name, parent_id: name > 'c' ? created[0]?.id : null })
      created.push(key)
    }
    const first = await admin.list({ limit: 3 })
    expect(first).toEqual({ items: created.slice(0, 3), next: created[2]?.id })
    expect(await admin.list({ limit: 3, after: first.next })).toEqual({ items: created.slice(3), next: undefined })
    expect(await admin.list({ limit: 9, parentId: created[0]?.id })).toEqual({
      items: created.slice(3),
      next: undefined,
    })
    for (const limit of [0, 101, 1.5, Number.NaN])
      expect(await refusal(admin.list({ limit }))).toMatchObject({ param: 'limit' })
    expect(await refusal(admin.list({ limit: 1, after: "' OR 1=1" }))).toMatchObject({ param: 'after' })
  })

  it('audits each change without its secret, and no refused change', async () => {
    const { id } = await admin.create({ name: 'x', secret: 'sk-proj-existing-0123456789' })
    await admin.update(id, { disabled: true })
    await admin.rotate(id, { overlap_seconds: 60 })
    await admin.delete(id)
    await refusal(admin.delete(id))
    expect(opened.audits).toEqual([
      { action: 'key.create', subject: id, detail: { name: 'x' } },
      { action: 'key.update', subject: id, detail: { disabled: true } },
      { action: 'key.rotate', subject: id, detail: { hint: expect.stringMatching(/^sk-weir-/), overlap_seconds: 60 } },
      { action: 'key.delete', subject: id, detail: { keys: 1 } },
    ])
  })
})

it('an unknown key cannot be found, changed, rotated or deleted', async () => {
  const attempts = [
    () => admin.find('key_x'),
    () => admin.update('key_x', {}),
    () => admin.rotate('key_x', {}),
    () => admin.delete('key_x'),
  ]
  for (const attempt of attempts)
    expect(await refusal(attempt())).toMatchObject({
      code: 'key_not_found',
      message: 'The key "key_x" does not exist.',
    })
})

it('a server without storage rejects every method', async () => {
  const ports = { keys: undefined, clock: { now: () => 0 }, secrets: nodeSecrets }
  const without = createKeyAdmin(ports as unknown as Parameters<typeof createKeyAdmin>[0], async () => {})
  for (const attempt of [
    () => without.create({ name: 'x' }),
    () => without.find('key_x'),
    () => without.delete('key_x'),
  ])
    expect(await refusal(attempt())).toMatchObject({ code: 'storage_not_configured' })
})

function hashOf(secret: string): string {
  return Buffer.from(nodeSecrets.digest(secret)).toString('hex')
}
