import { createBoundedMap } from '../../../core/bounded-map.ts'
import { type KeyChain, type KeyRules, noLimits } from '../../../metering/limits.ts'
import type { ApiKey } from '../../key-store.ts'
import { selectKeyChain, toKeyWithAncestors } from '../keys/key-rows.ts'
import { readInteger } from '../read-column.ts'
import type { SyncSql } from '../sql.ts'

const selectVersion = 'SELECT version FROM key_version WHERE id = 1'

const maxKeys = 2_000

/** Prefix of the ids of virtual keys. Callers without a key have other names. */
const keyIdPrefix = 'key_'

/**
 * Returns the current rules of a key and its ancestors; undefined for an unknown key. Call it inside the transaction
 * with the number `transaction`.
 */
export type FindChain = (keyId: string, transaction: number) => KeyChain | undefined

/**
 * Creates a cache of key chains for the transaction that admits calls. A cached chain is never stale: every change of a
 * key raises the version, each transaction reads the version once, and no other process can write until it ends.
 * (SQLite's `data_version` is not enough, because it ignores this connection's own writes.)
 */
export function createKeyChainCache(sql: SyncSql): FindChain {
  const known = createBoundedMap<string, KeyChain | undefined>(maxKeys)
  let knownVersion: number | undefined
  let checkedIn: number | undefined

  return (keyId, transaction) => {
    if (!isVirtualKey(keyId)) return [toKeyless(keyId)]
    if (transaction !== checkedIn) {
      const [row] = sql.all(selectVersion, [])
      const version = row && readInteger(row, 'version')
      if (version !== knownVersion) known.clear()
      knownVersion = version
    }
    checkedIn = transaction
    const cached = known.get(keyId)
    if (cached !== undefined || known.has(keyId)) return cached
    const found = toKeyWithAncestors(sql.all(selectKeyChain, [keyId]))
    const chain = found && [found.key, ...found.ancestors].map(toRules)
    known.set(keyId, chain)
    return chain
  }
}

/** Returns true for the id of a virtual key. Only virtual keys have limits. */
export function isVirtualKey(keyId: string): boolean {
  return keyId.startsWith(keyIdPrefix)
}

/** Returns the fields of a key that the ledger needs. */
export function toRules({ id, isDisabled, expiresAt, limits, perUser, isShadow }: ApiKey): KeyRules {
  return { id, isDisabled, expiresAt, limits, perUser, isShadow }
}

/** Returns the rules of callers without a key: with TOKEN, from this machine or anonymous. Counted, but not limited. */
export function toKeyless(id: string): KeyRules {
  return { id, isDisabled: false, expiresAt: undefined, limits: noLimits, perUser: undefined, isShadow: false }
}
