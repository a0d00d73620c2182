import { defaults } from '../config/defaults.ts'
import type { Clock } from '../core/clock.ts'
import type { KeyStore } from '../storage/key-store.ts'
import { createKeyCache, type KeyCacheOptions } from './create-key-cache.ts'
import type { Keys } from './ports.ts'

/** A store of keys with a cache in front of it that asks again as often as `freshness` says. */
export function createKeys(
  store: KeyStore,
  clock: Clock,
  freshness: Pick<KeyCacheOptions, 'freshMs' | 'unknownMs'>,
): Keys {
  const { staleMs, cacheSize } = defaults.keys
  return { store, cache: createKeyCache({ store, clock, ...freshness, staleMs, size: cacheSize }) }
}
