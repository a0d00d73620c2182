import { type KeyChain, type KeyRules, noLimits } from '../../metering/limits.ts'
import type { ApiKey } from '../key-store.ts'
import { selectKeyChain, toKeyWithAncestors } from './key-rows.ts'
import type { FindChain } from './ledger-context.ts'
import { readInteger } from './read-column.ts'
import type { SyncSql } from './sync-sql.ts'

const selectVersion = 'SELECT version FROM key_version WHERE id = 1'

/** Keys whose rules are remembered. */
const keptKeys = 2_000

/** What ids of virtual keys begin with; callers without a key go by other names. */
const keyPrefix = 'key_'

/**
 * Finds the rules of keys, within the transaction that admits a call. What is remembered is as good as what is read: any change of any key
 * raises the version, which is read once in each transaction, and nobody else writes until that ends. (SQLite's own `data_version` would
 * not do, since it tells nothing of what this very connection has changed.)
 */
export function createChainFinder(sql: SyncSql): FindChain {
  const known = new Map<string, KeyChain | undefined>()
  let knownVersion: number | undefined
  let checkedIn: number | undefined

  function check(): void {
    const version = readVersion(sql)
    if (version !== knownVersion || known.size > keptKeys) known.clear()
    knownVersion = version
  }

  return (keyId, transaction) => {
    if (!isVirtualKey(keyId)) return [toKeyless(keyId)]
    if (transaction !== checkedIn) check()
    checkedIn = transaction
    const remembered = known.get(keyId)
    if (remembered !== undefined || known.has(keyId)) return remembered
    const read = toChain(sql, keyId)
    known.set(keyId, read)
    return read
  }
}

function readVersion(sql: SyncSql): number | undefined {
  const [row] = sql.all(selectVersion, [])
  return row && readInteger(row, 'version')
}

function toChain(sql: SyncSql, keyId: string): KeyChain | undefined {
  const found = toKeyWithAncestors(sql.all(selectKeyChain, [keyId]))
  return found && [found.key, ...found.ancestors].map(toRules)
}

/** Whether limits may be set for callers of this id. */
export function isVirtualKey(keyId: string): boolean {
  return keyId.startsWith(keyPrefix)
}

/** What the ledger has to know of a key. */
export function toRules({ id, isDisabled, expiresAt, limits, perUser, isShadow }: ApiKey): KeyRules {
  return { id, isDisabled, expiresAt, limits, perUser, isShadow }
}

/** Callers with TOKEN, of this machine, or without a name: counted, and not limited. */
export function toKeyless(id: string): KeyRules {
  return { id, isDisabled: false, expiresAt: undefined, limits: noLimits, perUser: undefined, isShadow: false }
}
