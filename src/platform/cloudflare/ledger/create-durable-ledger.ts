import { createBoundedMap } from '../../../core/bounded-map.ts'
import { isPolicy, isVirtualKey, visitorsId } from '../../../storage/key-ids.ts'
import type { KeyStore } from '../../../storage/key-store.ts'
import type { AdmissionRequest, Balance, Ledger } from '../../../storage/ledger/ledger.ts'
import type { RevocationStore } from '../../../storage/revocation-store.ts'
import { toStoreFailure } from '../storage/to-store-failure.ts'
import type { FamilyResult, LedgerFamily } from './ledger-family.ts'

export interface DurableLedgerOptions {
  readonly families: Pick<DurableObjectNamespace<LedgerFamily>, 'getByName'>
  /** Returns the topmost ancestor of a key, which never changes; undefined for an unknown key. */
  readonly findRoot: (keyId: string) => Promise<string | undefined>
  /** Maximum duration of an attempt in milliseconds. Afterwards, its call is closed as `unknown`. */
  readonly leaseMs: number
}

/** The ledger of a Worker: one Durable Object (shard) for each family of keys. */
export interface DurableLedger extends Ledger {
  /** Announces a change of a key's rules, or a revocation of its tokens, to the shards that hold its counters. */
  refresh(keyId: string): Promise<void>
}

/**
 * Number of shards for calls without a key. These calls have no limits, so one shard need not see all of them, and a
 * Durable Object handles only some hundred calls a second.
 */
const keylessShards = 16

/** Maximum number of keys whose root is cached. */
const maxRoots = 10_000

export function createDurableLedger({ families, findRoot, leaseMs }: DurableLedgerOptions): DurableLedger {
  const roots = createBoundedMap<string, string>(maxRoots)

  async function rootOf(keyId: string): Promise<string | undefined> {
    const known = roots.get(keyId)
    if (known !== undefined) return known
    const root = await findRoot(keyId)
    if (root === undefined) return undefined
    roots.set(keyId, root)
    return root
  }

  async function shardOf({ keyId, familyId, token }: AdmissionRequest): Promise<string | undefined> {
    if (isVirtualKey(keyId)) return familyId ?? rootOf(keyId)
    // One object holds all limits of a policy, and one those of a user token.
    if (isPolicy(keyId)) return keyId
    return toKeylessShard(keyId, token === undefined ? Math.random() : toFraction(token.id))
  }

  // The class describes the RPC, which passes plain data. The RPC types of Cloudflare would split unions.
  const familyOf = (shard: string) => families.getByName(shard) as unknown as Family

  async function callWithRetry<Value>(shard: string, first: FamilyCall<Value>, again: FamilyCall<Value>) {
    try {
      return await first(familyOf(shard))
    } catch (error) {
      if (!isRetryable(error)) throw toLedgerError(error)
    }
    try {
      // Needs a new stub: after an object restarts, its old stub stays broken.
      return await again(familyOf(shard))
    } catch (error) {
      throw toLedgerError(error)
    }
  }

  async function call<Value>(
    shard: string,
    first: FamilyCall<Value>,
    again: FamilyCall<Value> = first,
  ): Promise<Value> {
    const result = await callWithRetry(shard, first, again)
    if (result.kind === 'unavailable') throw toStoreFailure(new Error(result.reason))
    return result.value
  }

  /** Returns every shard that may hold counters of a key; none for an unknown key. */
  async function shardsOf(keyId: string): Promise<readonly string[]> {
    if (isPolicy(keyId)) return [keyId]
    if (!isVirtualKey(keyId))
      return Array.from({ length: keylessShards }, (_, number) => toKeylessShard(keyId, number / keylessShards))
    const root = await rootOf(keyId)
    return root === undefined ? [] : [root]
  }

  async function balanceOf(keyId: string): Promise<Balance | undefined> {
    const shards = await shardsOf(keyId)
    return sum(await Promise.all(shards.map((shard) => call(shard, (family) => family.balance(keyId)))))
  }

  return {
    async admit(request) {
      const shard = await shardOf(request)
      if (shard === undefined) return { kind: 'inactive' }
      const leased = { ...request, leaseMs }
      const result = await call(
        shard,
        (family) => family.admit(leased),
        (family) => family.admitAgain(leased),
      )
      return result.kind === 'admitted' ? { ...result, shard } : result
    },
    // A retry is safe, because each id settles only once.
    settle: async (settlement) => {
      const { shard } = settlement
      return shard !== undefined && call(shard, (family) => family.settle(settlement))
    },
    async correct(correction) {
      const { lineage } = correction
      const [keyId] = lineage
      // The balance of a caller without a key is the sum over its shards, so any shard may hold the correction.
      const shard = isVirtualKey(keyId) || isPolicy(keyId) ? (lineage.at(-1) ?? keyId) : toKeylessShard(keyId, 0)
      return call(shard, (family) => family.correct(correction))
    },
    reconcile: (reconciliation) => call(reconciliation.rootId, (family) => family.reconcile(reconciliation)),
    balance: balanceOf,
    async limits(keyId) {
      const shard = isVirtualKey(keyId) ? await rootOf(keyId) : undefined
      return shard === undefined ? [] : call(shard, (family) => family.limits(keyId))
    },
    async refresh(keyId) {
      await Promise.all((await shardsOf(keyId)).map((shard) => familyOf(shard).refresh()))
    },
  }
}

/**
 * Wraps a key store and announces every change of a key's rules to the family's shard, so the change applies to the
 * next call. If the announcement fails, the shard reads the change within 30 s. New keys and new secrets need no
 * announcement, because they change no rules. Calls `onKeyCreated` after a key is created.
 */
export function createFamilyKeyStore(
  store: KeyStore,
  ledger: Pick<DurableLedger, 'refresh'>,
  onKeyCreated: () => void = () => {},
): KeyStore {
  const refresh = async (keyId: string | undefined): Promise<void> => {
    if (keyId !== undefined) await ledger.refresh(keyId).catch(() => {})
  }
  return {
    ...store,
    async create(key, secret) {
      const isCreated = await store.create(key, secret)
      if (isCreated) onKeyCreated()
      return isCreated
    },
    async update(id, change, now) {
      const key = await store.update(id, change, now)
      await refresh(key?.rootId)
      return key
    },
    async delete(id, now) {
      const found = await store.find(id)
      const count = await store.delete(id, now)
      await refresh(found?.key.rootId)
      return count
    },
  }
}

/**
 * Wraps a revocation store and announces each revocation to the shards of its key. Shards read a revocation for every
 * key, and one whose announcement failed, within 30 s.
 */
export function createFamilyRevocationStore(
  store: RevocationStore,
  ledger: Pick<DurableLedger, 'refresh'>,
): RevocationStore {
  return {
    ...store,
    async add(revocation, now) {
      const isAdded = await store.add(revocation, now)
      const keyIds = revocation.keyId === undefined ? ['token', visitorsId] : [revocation.keyId]
      if (isAdded) await Promise.all(keyIds.map((keyId) => ledger.refresh(keyId).catch(() => {})))
      return isAdded
    },
  }
}

type Family = Pick<
  LedgerFamily,
  'admit' | 'admitAgain' | 'settle' | 'correct' | 'reconcile' | 'balance' | 'limits' | 'refresh'
>
type FamilyCall<Value> = (family: Family) => Promise<FamilyResult<Value>>

/** `fraction` is from 0 to 1, exclusive. */
function toKeylessShard(keyId: string, fraction: number): string {
  return `${keyId}/${Math.floor(fraction * keylessShards)}`
}

/** Maps an id with random hexadecimal digits at its end to a number from 0 to 1, exclusive. */
function toFraction(id: string): number {
  return (Number.parseInt(id.slice(-4), 16) || 0) / 0x1_0000
}

function sum(parts: readonly (Balance | undefined)[]): Balance | undefined {
  return parts.reduce((total, part) => {
    if (total === undefined || part === undefined) return total ?? part
    return {
      spentNano: total.spentNano + part.spentNano,
      reservedNano: total.reservedNano + part.reservedNano,
      dayNano: total.dayNano + part.dayNano,
      weekNano: total.weekNano + part.weekNano,
      monthNano: total.monthNano + part.monthNano,
      calls: total.calls + part.calls,
      streams: total.streams + part.streams,
    }
  }, undefined)
}

/** Source: https://developers.cloudflare.com/durable-objects/best-practices/error-handling/ */
function isRetryable(error: unknown): boolean {
  const { retryable, overloaded } = Object(error) as { readonly retryable?: unknown; readonly overloaded?: unknown }
  return retryable === true && overloaded !== true
}

/**
 * Keeps errors of the code or of a statement, which are bugs. All other errors are failures of the object (overloaded,
 * moved or reset) or of its storage.
 */
function toLedgerError(error: unknown): unknown {
  const isDefect =
    error instanceof TypeError ||
    error instanceof RangeError ||
    /SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE)/.test(String(error))
  return isDefect ? error : toStoreFailure(error)
}
