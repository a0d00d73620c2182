import type { KeyChain } from '../../../metering/limits.ts'
import type { KeyStore } from '../../../storage/key-store.ts'
import { isVirtualKey, toKeyless, toRules } from '../../../storage/sql/ledger/create-key-chain-cache.ts'
import { storeUnavailable } from '../../../storage/store-unavailable.ts'

/** How long rules are believed. What this gateway's administrators change is told at once; this is for all else. */
export const freshMs = 30_000

/** How long they are believed, from their last reading, while D1 cannot be asked (R48). */
export const staleMs = 60_000

/** Keys whose rules are remembered. */
const keptKeys = 2_000

/** The rules of the keys of one family, from D1, for an object that decides without waiting. */
export interface FamilyRules {
  /** Undefined if known already, else resolves once it is. Rejects with GatewayError `store_unavailable`. */
  load(keyId: string): Promise<void> | undefined
  /** What was loaded just before. */
  find(keyId: string): KeyChain | undefined
  /** A key of the family was changed. */
  forget(): void
}

interface Entry {
  readonly chain: KeyChain
  readonly readAt: number
  readonly freshUntil: number
}

/**
 * Those who ask for one key at the same time share one reading. In an object, unlike in a Worker, requests may wait for
 * each other's work (S71).
 */
export function createFamilyRules(store: Pick<KeyStore, 'find'>, now: () => number): FamilyRules {
  const known = new Map<string, Entry>()
  let loading = new Map<string, Promise<void>>()

  async function read(keyId: string, isWanted: () => boolean): Promise<void> {
    try {
      const found = await store.find(keyId)
      // What was read before a change must not outlive it.
      if (!isWanted()) return await load(keyId)
      known.delete(keyId)
      if (found === undefined) return
      const readAt = now()
      put(keyId, { chain: [found.key, ...found.ancestors].map(toRules), readAt, freshUntil: readAt + freshMs })
    } catch (error) {
      believe(keyId, error)
    }
  }

  function believe(keyId: string, error: unknown): void {
    const entry = known.get(keyId)
    const time = now()
    if (entry === undefined || time >= entry.readAt + staleMs) throw storeUnavailable(error)
    // D1 is left in peace for a second.
    put(keyId, { ...entry, freshUntil: Math.min(time + 1_000, entry.readAt + staleMs) })
  }

  function put(keyId: string, entry: Entry): void {
    known.delete(keyId)
    const [oldest] = known.keys()
    if (known.size >= keptKeys && oldest !== undefined) known.delete(oldest)
    known.set(keyId, entry)
  }

  function load(keyId: string): Promise<void> | undefined {
    if (!isVirtualKey(keyId)) return undefined
    const entry = known.get(keyId)
    if (entry !== undefined && now() < entry.freshUntil) return undefined
    const others = loading.get(keyId)
    if (others !== undefined) return others
    const mine = loading
    const reading = read(keyId, () => loading === mine).finally(() => mine.delete(keyId))
    mine.set(keyId, reading)
    return reading
  }

  return {
    load,
    find: (keyId) => (isVirtualKey(keyId) ? known.get(keyId)?.chain : [toKeyless(keyId)]),
    forget() {
      known.clear()
      loading = new Map()
    },
  }
}
