import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IdempotencyClaim, IdempotencyStore, StoredResponse } from '../../../src/storage/idempotency-store.ts'

/** An empty store, and a function that releases its resources. */
export interface OpenIdempotencyStore {
  readonly store: IdempotencyStore
  close(): void | Promise<void>
}

const lease = 30_000
const day = 86_400_000

let runs = 0

function claimOf(changes: Partial<IdempotencyClaim> = {}): IdempotencyClaim {
  const { now = 1_000 } = changes
  runs += 1
  const times = { now, leaseUntil: now + lease, expiresAt: now + day }
  return { owner: 'key:ada', key: 'k1', runId: `run_${runs}`, fingerprint: 'f1', ...times, ...changes }
}

const response: StoredResponse = {
  status: 200,
  headers: { 'content-type': 'text/event-stream', 'x-odd': `it's "odd"` },
  body: new TextEncoder().encode('data: {"a":"é🌊\\u0000"}\n\ndata: [DONE]\n\n'),
}

/** Defines the tests that every idempotency store must pass. */
export function describeIdempotencyStore(name: string, open: () => Promise<OpenIdempotencyStore>): void {
  describe(`idempotency store: ${name}`, () => {
    let opened: OpenIdempotencyStore
    let store: IdempotencyStore
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    it('R21 grants exactly one of many concurrent claims', async () => {
      const results = await Promise.all(Array.from({ length: 20 }, () => store.claim(claimOf())))
      expect(results.filter(({ kind }) => kind === 'claimed')).toHaveLength(1)
      expect(results.filter(({ kind }) => kind === 'running')).toHaveLength(19)
    })

    it('R21 returns the stored response byte for byte', async () => {
      const first = claimOf()
      await store.claim(first)
      expect(await store.keep(first, response, 2_000 + day)).toBe(true)
      expect(await store.claim(claimOf())).toEqual({ kind: 'done', answer: response })
      expect(await store.claim(claimOf({ now: 2_000 + day - 1 }))).toEqual({ kind: 'done', answer: response })
    })

    it('stores any bytes, an empty body and an omitted body', async () => {
      const bodies = [Uint8Array.from({ length: 70_000 }, (_, index) => index % 256), new Uint8Array(0), undefined]
      for (const [index, body] of bodies.entries()) {
        const claim = claimOf({ key: `k${index}` })
        await store.claim(claim)
        await store.keep(claim, { status: 201, headers: {}, body }, day)
        expect(await store.claim(claimOf({ key: `k${index}` }))).toEqual({
          kind: 'done',
          answer: { status: 201, headers: {}, body },
        })
      }
    })

    it('stores a body of the maximum size', async () => {
      const claim = claimOf()
      const body = new Uint8Array(1_024 * 1_024).fill(120)
      await store.claim(claim)
      expect(await store.keep(claim, { ...response, body }, day)).toBe(true)
      const found = await store.claim(claimOf())
      expect(found.kind === 'done' && found.answer.body?.length).toBe(body.length)
    })

    it('S78 separates the keys of different owners', async () => {
      const ada = claimOf()
      await store.claim(ada)
      await store.keep(ada, response, day)
      expect(await store.claim(claimOf({ owner: 'key:bob' }))).toEqual({ kind: 'claimed' })
      expect(await store.claim(claimOf({ owner: 'key:ada ' }))).toEqual({ kind: 'claimed' })
    })

    it('P08 detects a different request under the same key, running, lost or done', async () => {
      const first = claimOf()
      await store.claim(first)
      const other = () => store.claim(claimOf({ fingerprint: 'f2' }))
      expect(await other()).toEqual({ kind: 'mismatch' })
      expect(await store.claim(claimOf({ fingerprint: 'f2', now: 1_000 + lease }))).toEqual({ kind: 'mismatch' })
      await store.keep(first, response, day)
      expect(await other()).toEqual({ kind: 'mismatch' })
    })

    it('R21 reports a run without renewal as lost, and never grants its key to another run', async () => {
      const first = claimOf()
      await store.claim(first)
      expect(await store.claim(claimOf({ now: 1_000 + lease - 1 }))).toEqual({ kind: 'running' })
      expect(await store.claim(claimOf({ now: 1_000 + lease }))).toEqual({ kind: 'lost' })
      expect(await store.claim(claimOf({ now: day - 1 }))).toEqual({ kind: 'lost' })
    })

    it('accepts renewals, and the response of a run whose lease has ended', async () => {
      const first = claimOf()
      await store.claim(first)
      expect(await store.renew(first, 5 * lease)).toBe(true)
      expect(await store.claim(claimOf({ now: 4 * lease }))).toEqual({ kind: 'running' })
      expect(await store.claim(claimOf({ now: 5 * lease }))).toEqual({ kind: 'lost' })
      expect(await store.keep(first, response, day)).toBe(true)
      expect(await store.claim(claimOf({ now: 5 * lease }))).toEqual({ kind: 'done', answer: response })
    })

    it('P08 frees only the released key', async () => {
      const [first, other] = [claimOf(), claimOf({ key: 'k2' })]
      await store.claim(first)
      await store.claim(other)
      await store.release(first)
      expect(await store.claim(claimOf({ fingerprint: 'f2' }))).toEqual({ kind: 'claimed' })
      expect(await store.claim(claimOf({ key: 'k2' }))).toEqual({ kind: 'running' })
    })

    it('frees a key when it expires', async () => {
      const first = claimOf()
      await store.claim(first)
      await store.keep(first, response, 5_000)
      expect(await store.claim(claimOf({ now: 4_999, fingerprint: 'f2' }))).toEqual({ kind: 'mismatch' })
      expect(await store.claim(claimOf({ now: 5_000, fingerprint: 'f2' }))).toEqual({ kind: 'claimed' })
      expect(await store.claim(claimOf({ now: 5_001, fingerprint: 'f2' }))).toEqual({ kind: 'running' })
    })

    it('rejects changes by a run that does not hold the key or has ended', async () => {
      const [first, stranger] = [claimOf(), claimOf()]
      await store.claim(first)
      expect(await store.renew(stranger, day)).toBe(false)
      expect(await store.keep(stranger, response, day)).toBe(false)
      await store.release(stranger)
      expect(await store.claim(claimOf())).toEqual({ kind: 'running' })
      await store.keep(first, response, day)
      expect(await store.renew(first, day)).toBe(false)
      expect(await store.keep(first, { ...response, status: 500 }, day)).toBe(false)
      await store.release(first)
      expect(await store.claim(claimOf())).toEqual({ kind: 'done', answer: response })
    })

    it('deletes expired keys, at most `limit` at a time', async () => {
      for (const number of [1, 2, 3]) {
        await store.claim(claimOf({ key: `k${number}`, expiresAt: 10_000 + number }))
      }
      expect(await store.deleteExpired(10_000, 9)).toBe(0)
      expect(await store.deleteExpired(10_002, 1)).toBe(1)
      expect(await store.deleteExpired(10_002, 9)).toBe(1)
      expect(await store.claim(claimOf({ key: 'k3' }))).toEqual({ kind: 'running' })
    })

    it('S31 deletes the ended and lost keys of one owner, and keeps running ones', async () => {
      const owner = "key:a/user:o'%"
      const [done, lost, running, other] = [
        claimOf({ owner }),
        claimOf({ owner, key: 'lost', leaseUntil: 2_000 }),
        claimOf({ owner, key: 'running' }),
        claimOf({ owner: `${owner}x` }),
      ]
      for (const claim of [done, lost, running, other]) await store.claim(claim)
      for (const run of [done, other]) await store.keep(run, response, day)
      expect(await store.countOf(owner, 3_000)).toEqual({ ended: 2, running: 1 })
      expect(await store.countOf('unknown', 3_000)).toEqual({ ended: 0, running: 0 })
      expect(await store.deleteOf(owner, 3_000, 1)).toBe(1)
      expect(await store.deleteOf(owner, 3_000, 9)).toBe(1)
      expect(await store.deleteOf(owner, 3_000, 9)).toBe(0)
      expect(await store.claim(claimOf({ owner, key: 'running' }))).toEqual({ kind: 'running' })
      expect(await store.claim(claimOf({ owner: `${owner}x` }))).toMatchObject({ kind: 'done' })
      expect(await store.keep(done, response, day)).toBe(false)
    })

    it('accepts any string as key and owner', async () => {
      const odd = ["'; DROP TABLE idempotent_calls; --", '%', '"quoted"', '~'.repeat(255)]
      for (const key of odd) expect(await store.claim(claimOf({ key, owner: key }))).toEqual({ kind: 'claimed' })
      for (const key of odd) expect(await store.claim(claimOf({ key, owner: key }))).toEqual({ kind: 'running' })
    })
  })
}
