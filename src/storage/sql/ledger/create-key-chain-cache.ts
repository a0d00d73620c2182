import { createBoundedMap } from '../../../core/bounded-map.ts'
import { type KeyChain, type KeyRules, noLimits } from '../../../metering/limits.ts'
import type { ApiKey } from '../../key-store.ts'
import { selectKeyChain, toKeyWithAncestors } from '../keys/key-rows.ts'
import { readInteger } from '../read-column.ts'
import type { SyncSql } from '../sql.ts'

const selectVersion = 'SELECT version FROM key_version WHERE id = 1'

const maxKeys = 2_000

/** The ids of virtual keys begin with this; callers without a key go by other names. */
const keyIdPrefix = 'key_'

/**
 * The rules of a key and its ancestors as they are now; undefined for an unknown key. Called within a transaction,
 * whose number is `transaction`.
 */
export type FindChain = (keyId: string, transaction: number) => KeyChain | undefined

/**
 * Finds the rules of keys within the transaction that admits a call. A cached chain is never stale: every change of a
 * key raises the version, which is read once in each transaction, and until that ends no other process writes.
 * (SQLite's own `data_version` would not do, since it does not change with this connection's own writes.)
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
    const remembered = known.get(keyId)
    if (remembered !== undefined || known.has(keyId)) return remembered
    const found = toKeyWithAncestors(sql.all(selectKeyChain, [keyId]))
    const chain = found && [found.key, ...found.ancestors].map(toRules)
    known.set(keyId, chain)
    return chain
  }
}

/** True for callers that can have limits. */
export function isVirtualKey(keyId: string): boolean {
  return keyId.startsWith(keyIdPrefix)
}

/** The part of a key that the ledger needs. */
export function toRules({ id, isDisabled, expiresAt, limits, perUser, isShadow }: ApiKey): KeyRules {
  return { id, isDisabled, expiresAt, limits, perUser, isShadow }
}

/** Callers with TOKEN, of this machine, or without a name: counted, and not limited. */
export function toKeyless(id: string): KeyRules {
  return { id, isDisabled: false, expiresAt: undefined, limits: noLimits, perUser: undefined, isShadow: false }
}
