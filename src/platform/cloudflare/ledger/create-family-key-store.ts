import type { KeyStore } from '../../../storage/key-store.ts'
import type { DurableLedger } from './create-durable-ledger.ts'

/**
 * A store of keys that tells a family's object of every change of a key's rules, so that they hold from the next call on. Where that
 * cannot be told, the object finds out by itself within half a minute. New keys and new secrets change no rules.
 */
export function createFamilyKeyStore(store: KeyStore, ledger: Pick<DurableLedger, 'refresh'>): KeyStore {
  const refresh = async (rootId: string | undefined): Promise<void> => {
    if (rootId !== undefined) await ledger.refresh(rootId).catch(() => {})
  }
  return {
    ...store,
    async update(id, change, now) {
      const key = await store.update(id, change, now)
      await refresh(key?.rootId)
      return key
    },
    async delete(id) {
      const found = await store.find(id)
      const count = await store.delete(id)
      await refresh(found?.key.rootId)
      return count
    },
  }
}
