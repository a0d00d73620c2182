import { createBoundedMap } from '../../../core/bounded-map.ts'
import type { KeyStore } from '../../../storage/key-store.ts'
import type { AdmissionRequest, Balance, Ledger } from '../../../storage/ledger/ledger.ts'
import { isVirtualKey } from '../../../storage/sql/ledger/create-key-chain-cache.ts'
import { toStoreFailure } from '../storage/to-store-failure.ts'
import type { FamilyResult, LedgerFamily } from './ledger-family.ts'

export interface DurableLedgerOptions {
  readonly families: Pick<DurableObjectNamespace<LedgerFamily>, 'getByName'>
  /** The topmost ancestor of a key, which never changes; undefined where there is no such key. */
  readonly findRoot: (keyId: string) => Promise<string | undefined>
  /** How long an attempt may be under way before it is closed as `unknown`. */
  readonly leaseMs: number
}

/** The ledger of a Worker: one object for each family of keys. */
export interface DurableLedger extends Ledger {
  /** Tells a family that one of its keys was changed. */
  refresh(rootId: string): Promise<void>
}

/**
 * Callers without a key have no limits that one shard would have to check, and an object takes some hundred calls a
 * second.
 */
const keylessShards = 16

/** Keys whose root is remembered. */
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

  async function shardOf({ keyId, familyId }: AdmissionRequest): Promise<string | undefined> {
    if (!isVirtualKey(keyId)) return toKeylessShard(keyId, Math.floor(Math.random() * keylessShards))
    return familyId ?? rootOf(keyId)
  }

  // RPC carries plain data, so the class describes it; the types of RPC would take unions apart.
  const familyOf = (shard: string) => families.getByName(shard) as unknown as Family

  async function reach<Value>(shard: string, first: Question<Value>, again: Question<Value>) {
    try {
      return await first(familyOf(shard))
    } catch (error) {
      if (!isRetryable(error)) throw toLedgerError(error)
    }
    try {
      // Of an object that was started anew the old stub is broken for good.
      return await again(familyOf(shard))
    } catch (error) {
      throw toLedgerError(error)
    }
  }

  async function ask<Value>(shard: string, first: Question<Value>, again: Question<Value> = first): Promise<Value> {
    const answer = await reach(shard, first, again)
    if (answer.kind === 'unavailable') throw toStoreFailure(new Error(answer.reason))
    return answer.value
  }

  async function balanceOf(keyId: string): Promise<Balance | undefined> {
    if (!isVirtualKey(keyId)) {
      const shards = Array.from({ length: keylessShards }, (_, number) => toKeylessShard(keyId, number))
      return sum(await Promise.all(shards.map((shard) => ask(shard, (family) => family.balance(keyId)))))
    }
    const shard = await rootOf(keyId)
    return shard === undefined ? undefined : ask(shard, (family) => family.balance(keyId))
  }

  return {
    async admit(request) {
      const shard = await shardOf(request)
      if (shard === undefined) return { kind: 'inactive' }
      const leased = { ...request, leaseMs }
      const result = await ask(
        shard,
        (family) => family.admit(leased),
        (family) => family.admitAgain(leased),
      )
      return result.kind === 'admitted' ? { ...result, shard } : result
    },
    // By its id no call is booked twice, so asking again is safe.
    settle: async (settlement) => {
      const { shard } = settlement
      return shard !== undefined && ask(shard, (family) => family.settle(settlement))
    },
    async correct(correction) {
      const { lineage } = correction
      const [keyId] = lineage
      // The sums of a caller without a key are those of all its shards, so that any of them will do.
      const shard = isVirtualKey(keyId) ? (lineage.at(-1) ?? keyId) : toKeylessShard(keyId, 0)
      return ask(shard, (family) => family.correct(correction))
    },
    reconcile: (reconciliation) => ask(reconciliation.rootId, (family) => family.reconcile(reconciliation)),
    balance: balanceOf,
    async limits(keyId) {
      const shard = isVirtualKey(keyId) ? await rootOf(keyId) : undefined
      return shard === undefined ? [] : ask(shard, (family) => family.limits(keyId))
    },
    async refresh(rootId) {
      await familyOf(rootId).refresh()
    },
  }
}

/**
 * A store of keys that tells a family's object of every change of a key's rules, so that they hold from the next call on. Where that
 * cannot be told, the object finds out by itself within half a minute. New keys and new secrets change no rules; `onKeyMade` is told of a new key.
 */
export function createFamilyKeyStore(
  store: KeyStore,
  ledger: Pick<DurableLedger, 'refresh'>,
  onKeyMade: () => void = () => {},
): KeyStore {
  const refresh = async (rootId: string | undefined): Promise<void> => {
    if (rootId !== undefined) await ledger.refresh(rootId).catch(() => {})
  }
  return {
    ...store,
    async create(key, secret) {
      const isMade = await store.create(key, secret)
      if (isMade) onKeyMade()
      return isMade
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

type Family = Pick<
  LedgerFamily,
  'admit' | 'admitAgain' | 'settle' | 'correct' | 'reconcile' | 'balance' | 'limits' | 'refresh'
>
type Question<Value> = (family: Family) => Promise<FamilyResult<Value>>

function toKeylessShard(keyId: string, number: number): string {
  return `${keyId}/${number}`
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

/** https://developers.cloudflare.com/durable-objects/best-practices/error-handling/ */
function isRetryable(error: unknown): boolean {
  const { retryable, overloaded } = Object(error) as { readonly retryable?: unknown; readonly overloaded?: unknown }
  return retryable === true && overloaded !== true
}

/**
 * A mistake of the code or of a statement stays one; all else tells of the object: overloaded, moved, reset, or its own
 * store out of order.
 */
function toLedgerError(error: unknown): unknown {
  const isDefect =
    error instanceof TypeError ||
    error instanceof RangeError ||
    /SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE)/.test(String(error))
  return isDefect ? error : toStoreFailure(error)
}
