import { createBoundedMap } from '../../../core/bounded-map.ts'
import { type KeyChain, type KeyRules, noLimits } from '../../../metering/limits.ts'
import { isVirtualKey } from '../../key-ids.ts'
import type { ApiKey } from '../../key-store.ts'
import type { Revocations } from '../../revocation-store.ts'
import { selectKeyChain, toKeyWithAncestors } from '../keys/key-rows.ts'
import { selectRevocations, toRevocations } from '../keys/revocation-rows.ts'
import { readInteger } from '../read-column.ts'
import type { SyncSql } from '../sql.ts'

const selectVersion = 'SELECT version FROM key_version WHERE id = 1'

const maxKeys = 2_000

/** The rules of keys and the revocations of their user tokens, inside a transaction. */
export interface KeyChainCache {
  /** Returns the current rules of a key and its ancestors; undefined for an unknown key. */
  chain(keyId: string, transaction: number): KeyChain | undefined
  /** Returns the revocations that apply to the user tokens of a key. */
  revocations(keyId: string, transaction: number): Revocations
}

/**
 * Creates a cache of key chains for the transaction that admits calls. Call its methods inside the transaction with the
 * number `transaction`. A cached chain is never stale: every change of a key and every revocation raises the version,
 * each transaction reads the version once, and no other process can write until it ends. (SQLite's `data_version` is
 * not enough, because it ignores this connection's own writes.)
 */
export function createKeyChainCache(sql: SyncSql): KeyChainCache {
  const chains = createBoundedMap<string, KeyChain | undefined>(maxKeys)
  const revocations = createBoundedMap<string, Revocations>(maxKeys)
  let knownVersion: number | undefined
  let checkedIn: number | undefined

  /** Discards everything if a key has changed since the last transaction. */
  function check(transaction: number): void {
    if (transaction === checkedIn) return
    checkedIn = transaction
    const [row] = sql.all(selectVersion, [])
    const version = row && readInteger(row, 'version')
    if (version !== knownVersion) {
      chains.clear()
      revocations.clear()
    }
    knownVersion = version
  }

  function chain(keyId: string, transaction: number): KeyChain | undefined {
    if (!isVirtualKey(keyId)) return [toKeyless(keyId)]
    check(transaction)
    const cached = chains.get(keyId)
    if (cached !== undefined || chains.has(keyId)) return cached
    const found = toKeyWithAncestors(sql.all(selectKeyChain, [keyId]))
    const rules = found && [found.key, ...found.ancestors].map(toRules)
    chains.set(keyId, rules)
    return rules
  }

  return {
    chain,
    revocations(keyId, transaction) {
      check(transaction)
      const cached = revocations.get(keyId)
      if (cached !== undefined) return cached
      const ids = chain(keyId, transaction)?.map(({ id }) => id) ?? [keyId]
      const { text, params } = selectRevocations(ids)
      const found = toRevocations(sql.all(text, params))
      revocations.set(keyId, found)
      return found
    },
  }
}

/** Returns the fields of a key that the ledger needs. */
export function toRules({ id, isDisabled, expiresAt, limits, perUser, isShadow }: ApiKey): KeyRules {
  return { id, isDisabled, expiresAt, limits, perUser, isShadow }
}

/** Returns the rules of callers without a key: with TOKEN, from this machine or anonymous. Counted, but not limited. */
export function toKeyless(id: string): KeyRules {
  return { id, isDisabled: false, expiresAt: undefined, limits: noLimits, perUser: undefined, isShadow: false }
}
