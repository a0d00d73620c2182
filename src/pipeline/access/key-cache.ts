import { defaults } from '../../config/defaults.ts'
import type { Clock } from '../../core/clock.ts'
import { createVersionedCache } from '../../core/versioned-cache.ts'
import type { KeyStore } from '../../storage/key-store.ts'
import type { Keys } from '../call/ports.ts'

/** Creates a key store with a cache in front of it. */
export function createKeys(
  store: KeyStore,
  clock: Pick<Clock, 'monotonicMs'>,
  { freshMs, unknownMs }: { readonly freshMs: number; readonly unknownMs: number },
): Keys {
  const { staleMs, cacheSize } = defaults.keys
  const cache = createVersionedCache({
    read: (hash) => store.findByHash(hash),
    version: () => store.version(),
    clock,
    freshMs,
    unknownMs,
    staleMs,
    retryMs: freshMs,
    max: cacheSize,
  })
  return { store, cache }
}
