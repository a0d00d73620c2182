import { defaults } from '../../config/defaults.ts'
import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import type { FoundKey, KeyStore } from '../../storage/key-store.ts'
import type { KeyCache, Keys, KnownKey } from '../call/ports.ts'

export interface KeyCacheOptions {
  readonly store: Pick<KeyStore, 'findByHash' | 'version'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** How long keys are believed without asking for their version. */
  readonly freshMs: number
  /** How long it is believed that a hash has no key. */
  readonly unknownMs: number
  /** How long keys are believed, since their version was last known, while the store cannot be asked. */
  readonly staleMs: number
  /** How many keys are remembered, and as many unknown hashes beside them. */
  readonly size: number
}

/** A store of keys with a cache in front of it that asks again as often as `freshness` says. */
export function createKeys(
  store: KeyStore,
  clock: Clock,
  freshness: Pick<KeyCacheOptions, 'freshMs' | 'unknownMs'>,
): Keys {
  const { staleMs, cacheSize } = defaults.keys
  return { store, cache: createKeyCache({ store, clock, ...freshness, staleMs, size: cacheSize }) }
}

export function createKeyCache({ store, clock, freshMs, unknownMs, staleMs, size }: KeyCacheOptions): KeyCache {
  const known = new Map<string, KnownKey>()
  // Apart, so that somebody who tries thousands of keys does not drive out those that are used.
  const unknownUntil = new Map<string, number>()
  let version: number | undefined
  let checkedAt = Number.NEGATIVE_INFINITY
  let freshUntil = Number.NEGATIVE_INFINITY
  let generation = 0

  function forget(): void {
    generation += 1
    known.clear()
    unknownUntil.clear()
  }

  /** Forgets everything where a key was changed since. */
  async function checkVersion(): Promise<void> {
    const read = await store.version()
    if (read !== version) forget()
    version = read
    checkedAt = clock.monotonicMs()
    freshUntil = checkedAt + freshMs
  }

  async function read(hash: string): Promise<FoundKey | undefined> {
    const asked = generation
    const found = await store.findByHash(hash)
    // What was read before a change must not outlive it.
    if (asked !== generation) return found
    if (found === undefined) put(unknownUntil, hash, clock.monotonicMs() + unknownMs)
    else put(known, hash, { found })
    return found
  }

  /** The one that goes is the one that came first; what is used comes back. */
  function put<Value>(entries: Map<string, Value>, hash: string, value: Value): void {
    entries.delete(hash)
    if (entries.size >= size) {
      const [oldest] = entries.keys()
      if (oldest !== undefined) entries.delete(oldest)
    }
    entries.set(hash, value)
  }

  /** R48: believed on, and the store left in peace for a while, but never longer than `staleMs` after it last answered. */
  function believe(hash: string, error: unknown): FoundKey {
    const entry = known.get(hash)
    const now = clock.monotonicMs()
    const isOutage = error instanceof GatewayError && error.code === 'store_unavailable'
    if (!isOutage || entry?.found === undefined || now >= checkedAt + staleMs) throw error
    freshUntil = Math.min(now + freshMs, checkedAt + staleMs)
    return entry.found
  }

  return {
    peek(hash) {
      const now = clock.monotonicMs()
      if (now >= freshUntil) return undefined
      const entry = known.get(hash)
      if (entry !== undefined) return entry
      const until = unknownUntil.get(hash)
      return until !== undefined && now < until ? nothing : undefined
    },
    async find(hash) {
      try {
        if (clock.monotonicMs() >= freshUntil) await checkVersion()
        return known.get(hash)?.found ?? (await read(hash))
      } catch (error) {
        return believe(hash, error)
      }
    },
    clear() {
      forget()
      version = undefined
    },
  }
}

const nothing: KnownKey = { found: undefined }
