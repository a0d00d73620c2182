import { GatewayError } from '../../../core/errors.ts'
import { createVersionedCache } from '../../../core/versioned-cache.ts'
import type { KeyChain } from '../../../metering/limits.ts'
import type { KeyStore } from '../../../storage/key-store.ts'
import { isVirtualKey, toKeyless, toRules } from '../../../storage/sql/ledger/create-key-chain-cache.ts'
import { toStoreFailure } from '../storage/to-store-failure.ts'

/**
 * How long rules are used before they are read again. A change made through this gateway is announced at once; this is
 * for all others.
 */
export const freshMs = 30_000

/** How long they are used, from their last reading on, while D1 is down (R48). */
export const staleMs = 60_000

const retryMs = 1_000
const maxKeys = 2_000

/** The rules of the keys of one family, from D1, for an object that decides without waiting. */
export interface FamilyRules {
  /** At once where they are known; undefined for an unknown key. Rejects with GatewayError `store_unavailable`. */
  find(keyId: string): KeyChain | undefined | Promise<KeyChain | undefined>
  /** A key of the family was changed. */
  forget(): void
}

/**
 * Calls that ask for one key at the same time share one reading. In an object, unlike in a Worker, requests may wait for
 * each other's work (S71).
 */
export function createFamilyRules(store: Pick<KeyStore, 'find'>, now: () => number): FamilyRules {
  const cache = createVersionedCache<KeyChain>({
    async read(keyId) {
      try {
        const found = await store.find(keyId)
        return found && [found.key, ...found.ancestors].map(toRules)
      } catch (error) {
        throw toStoreFailure(error instanceof GatewayError ? (error.cause ?? error) : error)
      }
    },
    clock: { monotonicMs: now },
    freshMs,
    // New keys are not announced.
    unknownMs: 0,
    staleMs,
    retryMs,
    max: maxKeys,
  })
  let readings = new Map<string, Promise<KeyChain | undefined>>()

  return {
    find(keyId) {
      if (!isVirtualKey(keyId)) return [toKeyless(keyId)]
      const known = cache.peek(keyId)
      if (known !== undefined) return known.found
      const shared = readings.get(keyId)
      if (shared !== undefined) return shared
      const mine = readings
      const reading = cache.find(keyId).finally(() => mine.delete(keyId))
      mine.set(keyId, reading)
      return reading
    },
    forget() {
      cache.clear()
      readings = new Map()
    },
  }
}
