import { GatewayError } from '../../../core/errors.ts'
import { createVersionedCache } from '../../../core/versioned-cache.ts'
import type { KeyChain } from '../../../metering/limits.ts'
import type { KeyStore } from '../../../storage/key-store.ts'
import { isVirtualKey, toKeyless, toRules } from '../../../storage/sql/ledger/create-key-chain-cache.ts'
import { toStoreFailure } from '../storage/to-store-failure.ts'

/**
 * How long cached rules are fresh, in milliseconds. Changes through this gateway are announced at once; this limit
 * covers all other changes.
 */
export const freshMs = 30_000

/** How long stale rules are used while D1 is down, in milliseconds since they were read (R48). */
export const staleMs = 60_000

const retryMs = 1_000
const maxKeys = 2_000

/** A cache of the key rules of one family from D1, which lets the object decide without waiting for D1. */
export interface FamilyRules {
  /**
   * Returns cached rules synchronously, otherwise a promise. The result is undefined for an unknown key. The promise
   * rejects with GatewayError `store_unavailable`.
   */
  find(keyId: string): KeyChain | undefined | Promise<KeyChain | undefined>
  /** Drops all cached rules after a key of the family has changed. */
  forget(): void
}

/**
 * Creates the rules cache of one family. Concurrent calls for one key share one read of D1. In a Durable Object, unlike
 * in a Worker, a request may wait for the I/O of another one (S71).
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
    // Never caches an unknown key, because new keys are not announced.
    unknownMs: 0,
    staleMs,
    retryMs,
    max: maxKeys,
  })
  let reads = new Map<string, Promise<KeyChain | undefined>>()

  return {
    find(keyId) {
      if (!isVirtualKey(keyId)) return [toKeyless(keyId)]
      const known = cache.peek(keyId)
      if (known !== undefined) return known.found
      const shared = reads.get(keyId)
      if (shared !== undefined) return shared
      const own = reads
      const read = cache.find(keyId).finally(() => own.delete(keyId))
      own.set(keyId, read)
      return read
    },
    forget() {
      cache.clear()
      reads = new Map()
    },
  }
}
