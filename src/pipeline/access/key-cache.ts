import { defaults } from '../../config/defaults.ts'
import type { Clock } from '../../core/clock.ts'
import { createVersionedCache, type VersionedCacheOptions } from '../../core/versioned-cache.ts'
import { isVirtualKey } from '../../storage/key-ids.ts'
import type { FoundKey, KeyStore } from '../../storage/key-store.ts'
import type { RevocationStore } from '../../storage/revocation-store.ts'
import type { Keys, TokenMaker } from '../call/ports.ts'

interface KeyStores {
  readonly keys: KeyStore
  readonly revocations: RevocationStore
}

/** Puts caches in front of the stores of keys and revocations. */
export function createKeys(
  { keys: store, revocations }: KeyStores,
  clock: Pick<Clock, 'monotonicMs'>,
  { freshMs, unknownMs }: { readonly freshMs: number; readonly unknownMs: number },
): Keys {
  const { staleMs, cacheSize } = defaults.keys
  const options: Omit<VersionedCacheOptions<never>, 'read'> = {
    version: () => store.version(),
    clock,
    freshMs,
    unknownMs,
    staleMs,
    retryMs: freshMs,
    max: cacheSize,
  }
  const cache = createVersionedCache<FoundKey>({ ...options, read: (hash) => store.findByHash(hash) })
  const makers = createVersionedCache<TokenMaker>({
    ...options,
    async read(keyId) {
      const key = isVirtualKey(keyId) ? await store.find(keyId) : undefined
      if (isVirtualKey(keyId) && key === undefined) return undefined
      const ids = [keyId, ...(key?.ancestors.map(({ id }) => id) ?? [])]
      return { key, revocations: await revocations.of(ids) }
    },
  })
  return {
    store,
    revocations,
    cache,
    makers,
    forget() {
      cache.clear()
      makers.clear()
    },
  }
}
