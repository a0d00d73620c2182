import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAdmin } from '../../../src/admin/admin.ts'
import type { Administrator, AdminPorts } from '../../../src/admin/administration.ts'
import { parseSettings } from '../../../src/config/parse-settings.ts'
import { requireKeys, requireMetering, requireStorage } from '../../../src/pipeline/call/require-ports.ts'
import { type OpenPorts, openPorts } from '../../../src/platform/node/open-ports.ts'
import type { RevocationStore } from '../../../src/storage/revocation-store.ts'
import { toLedgerRecord } from '../../storage/contract/to-ledger-record.ts'

const administrator: Administrator = {
  actor: 'admin',
  address: undefined,
  role: 'owner',
  person: undefined,
  session: undefined,
}
const input = { key_id: 'key_a', end_user: 'ada' }
const owner = 'key:key_a/user:ada'
const other = 'key:key_a/user:bob'
const ever = { from: '2000-01-01', to: '2099-12-31' }

let folder: string
let opened: OpenPorts
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-erase-'))
  opened = await openPorts(parseSettings({ env: { STORAGE_PATH: folder }, platform: 'node' }), () => {})
})
afterEach(async () => {
  await opened.close()
  await rm(folder, { recursive: true })
})

/** Stores two sessions, two images, two responses and five records of one user, and one of each of another. */
async function fill({ ports }: OpenPorts): Promise<void> {
  const { sessions, images, blobs, idempotency } = requireStorage(ports)
  const { usage } = requireMetering(ports)
  const image = { contentType: 'image/png', size: 1, sha256: '00', prompt: undefined, model: undefined, createdAt: 1 }
  for (const [number, of] of [owner, owner, other].entries()) {
    const id = `img_${String(number).padStart(32, '0')}`
    await sessions.create(of, { id: `session_${number}`, now: 1 })
    await blobs?.put(id, new Uint8Array([1]), 'image/png')
    await images.put({ ...image, id, owner: of })
    const run = { owner: of, key: `k${number}`, runId: 'r' }
    await idempotency.claim({ ...run, fingerprint: 'f', now: 1, leaseUntil: 2, expiresAt: 9e15 })
    await idempotency.keep(run, { status: 200, headers: {}, body: undefined }, 9e15)
  }
  await usage.add(Array.from({ length: 6 }, (_, n) => toLedgerRecord(n, { endUser: n === 5 ? 'bob' : 'ada' })))
  while ((await usage.rollUp(2)) > 0);
}

/** The stored data of the user, and the sums that must not change. */
async function look({ ports }: OpenPorts) {
  const { sessions, images, idempotency } = requireStorage(ports)
  const { usage } = requireMetering(ports)
  const count = async (of: string) => [
    (await sessions.list(of, { limit: 9 })).length,
    (await images.listOf(of, { limit: 9 })).length,
    (await idempotency.countOf(of, 5)).ended,
  ]
  const ids = [0, 1, 2].map((number) => `img_${String(number).padStart(32, '0')}`)
  const files = (await readdir(join(folder, 'images'), { recursive: true })).join('\n')
  const bytes = ids.map((id) => files.includes(id))
  const users = await usage.query({ ...ever, groupBy: ['end_user'] })
  return {
    own: await count(owner),
    others: await count(other),
    bytes,
    named: users.filter(({ group }) => group.end_user === 'ada').length,
    records: (await usage.records({ limit: 9 })).records.filter(({ endUser }) => endUser === 'ada').length,
    users: users.reduce((sum, { calls, costNano }) => sum + calls + Number(costNano), 0),
    sums: await usage.query({ ...ever, groupBy: ['day', 'key', 'provider', 'model'] }),
  }
}

/** The ports, whose `failing`th call of any store rejects. A failing write fails before or after it took effect. */
function withFailure(ports: AdminPorts, failing: number, isAfter: boolean) {
  let calls = 0
  const wrap = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return async (...args: unknown[]) => {
          const fails = ++calls === failing
          if (fails && !isAfter) throw new Error('the process has crashed')
          const result: unknown = await method.apply(target, args)
          if (fails) throw new Error('the process has crashed')
          return result
        }
      },
    })
  const { storage, metering } = ports
  if (storage?.blobs === undefined || metering === undefined) throw new Error('no storage')
  const { sessions, images, blobs, idempotency, responses } = storage
  const wrapped: AdminPorts = {
    ...ports,
    storage: {
      sessions: wrap(sessions),
      images: wrap(images),
      blobs: wrap(blobs),
      idempotency: wrap(idempotency),
      responses: wrap(responses),
    },
    metering: { ...metering, usage: wrap(metering.usage), ledger: wrap(metering.ledger) },
    admin: { ...ports.admin, erasure: { maxStatements: 1_000, recordsPerStep: 2 } },
  }
  return { ports: wrapped, calls: () => calls }
}

describe('erasing an end user', () => {
  test.each([false, true])(
    'S101 is finished by a repetition after a failure at any step (after its effect: %s)',
    async (isAfter) => {
      let failures = 0
      for (let failing = 1; ; failing++) {
        await fill(opened)
        const before = await look(opened)
        expect(before).toMatchObject({ own: [2, 2, 2], others: [1, 1, 1], named: 1, records: 5 })
        const { ports, calls } = withFailure(opened.ports, failing, isAfter)
        const failed = await createAdmin(ports, administrator)
          .eraseEndUser(input)
          .catch(() => undefined)
        if (failed === undefined) failures += 1
        const halfway = await look(opened)
        expect([halfway.sums, halfway.users]).toEqual([before.sums, before.users])
        const { has_more: hasMore } = await createAdmin(opened.ports, administrator).eraseEndUser(input)
        const left = await look(opened)
        expect([hasMore, left.own, left.others, left.named, left.records]).toEqual([false, [0, 0, 0], [1, 1, 1], 0, 0])
        expect(left.bytes).toEqual([false, false, true])
        expect([left.sums, left.users]).toEqual([before.sums, before.users])
        if (calls() < failing) break
        await opened.close()
        await rm(folder, { recursive: true })
        opened = await openPorts(parseSettings({ env: { STORAGE_PATH: folder }, platform: 'node' }), () => {})
      }
      expect(failures).toBeGreaterThan(12)
    },
  )

  test('does a bounded part in one request, and the rest in the next ones', async () => {
    await fill(opened)
    const { ports } = opened
    const admin = { ...ports.admin, erasure: { maxStatements: 20, recordsPerStep: 2 } }
    const bounded = createAdmin({ ...ports, admin }, administrator)
    const counts = { sessions: 0, images: 0, records: 0, responses: 0 }
    let requests = 0
    let next: string | null = null
    for (let hasMore = true; hasMore; requests++) {
      const erased = await bounded.eraseEndUser({ ...input, ...(next !== null && { after: next }) })
      next = erased.next
      hasMore = erased.has_more
      for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += erased[name]
      expect(requests).toBeLessThan(20)
    }
    expect(requests).toBeGreaterThan(1)
    expect(counts).toEqual({ sessions: 2, images: 2, records: 5, responses: 2 })
    expect(await look(opened)).toMatchObject({ own: [0, 0, 0], others: [1, 1, 1], named: 0, records: 0 })
  })

  test('refuses a cursor of another user, which would skip records', async () => {
    await fill(opened)
    const { ports } = opened
    const admin = { ...ports.admin, erasure: { maxStatements: 9, recordsPerStep: 2 } }
    const bounded = createAdmin({ ...ports, admin }, administrator)
    const { next } = await bounded.eraseEndUser(input)
    expect(next).toMatch(/^2\.[0-9a-f]{16}$/)
    for (const request of [
      { ...input, end_user: 'bob', after: next },
      { ...input, after: '7' },
    ])
      await expect(bounded.eraseEndUser(request)).rejects.toMatchObject({ code: 'invalid_value', param: 'after' })
  })

  test('revokes the tokens first, and not in a dry run', async () => {
    await fill(opened)
    const { ports } = opened
    const keys = requireKeys(ports)
    const revoked: unknown[] = []
    const revocations: RevocationStore = {
      ...keys.revocations,
      async add({ keyId, scope }) {
        revoked.push({ keyId, scope })
        throw new Error('the process has crashed')
      },
    }
    const admin = createAdmin({ ...ports, keys: { ...keys, revocations } }, administrator)
    await expect(admin.eraseEndUser(input)).rejects.toThrow('crashed')
    expect(revoked).toEqual([
      { keyId: 'key_a', scope: { kind: 'user', userDigest: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ])
    expect(await look(opened)).toMatchObject({ own: [2, 2, 2], records: 5 })
    await admin.eraseEndUser({ ...input, dry_run: true })
    expect(revoked).toHaveLength(1)
  })

  test('reports images that it cannot delete without their store, after everything else', async () => {
    await fill(opened)
    const { ports } = opened
    const storage = { ...requireStorage(ports), blobs: undefined }
    const admin = createAdmin({ ...ports, storage }, administrator)
    await expect(admin.eraseEndUser(input)).rejects.toMatchObject({ code: 'storage_not_configured' })
    expect(await look(opened)).toMatchObject({ own: [0, 2, 0], named: 0 })
    const { items } = await createAdmin(ports, administrator).audit({ limit: 1 })
    expect(items).toMatchObject([{ action: 'end_user.erase', detail: { sessions: 2, records: 5, has_more: true } }])
  })
})
