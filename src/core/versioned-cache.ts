import { createBoundedMap } from './bounded-map.ts'
import type { Clock } from './clock.ts'
import { isStoreFailure } from './errors.ts'

/** A cached lookup: the value of the source, or undefined if the source has none. */
export interface Known<Value> {
  readonly found: Value | undefined
}

/**
 * A cache for rarely changing values. A value is used until it is no longer fresh or the source has changed.
 *
 * - Bounded: a new value evicts the oldest; a key without a value never evicts a value.
 * - Never older than a change: a read that overlaps with `clear` or with a new version is repeated.
 * - Reads in progress are not shared, because a Worker's request must not wait for another request's I/O (S71).
 */
export interface VersionedCache<Value> {
  /** Returns the fresh value without an allocation; undefined if the source must be read. */
  peek(key: string): Known<Value> | undefined
  /**
   * Returns the fresh value, otherwise the value of the source. While the source is down, a stale value is used for up
   * to `staleMs`; any other key rejects with the source's error: an outage must not look like an unknown key (R48).
   */
  find(key: string): Promise<Value | undefined>
  /** Discards everything; call it when the source has changed. */
  clear(): void
}

export interface VersionedCacheOptions<Value> {
  readonly read: (key: string) => Promise<Value | undefined>
  /**
   * Reads the version, which every change of any value increases. With it, expired values are read again only if the
   * version has changed; without it, each expired value is read again.
   */
  readonly version?: () => Promise<number>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Time in milliseconds before the version of a value, or the value itself, is checked again. */
  readonly freshMs: number
  /** The same time for a key without a value. */
  readonly unknownMs: number
  /** Maximum time in milliseconds since the last check for which a value is used while the source is down. */
  readonly staleMs: number
  /** Milliseconds between two attempts to read while the source is down. */
  readonly retryMs: number
  /** Maximum number of cached values, and of cached keys without a value. */
  readonly max: number
}

interface Check {
  at: number
  freshUntil: number
}

interface Entry<Value> extends Known<Value> {
  readonly found: Value
  /** With a version, all entries share one check. */
  readonly check: Check
}

const unknown: Known<never> = { found: undefined }

export function createVersionedCache<Value>(options: VersionedCacheOptions<Value>): VersionedCache<Value> {
  const { read, version, clock, freshMs, unknownMs, staleMs, retryMs, max } = options
  const known = createBoundedMap<string, Entry<Value>>(max)
  // Separate: a caller who tries thousands of unknown keys must not evict the keys in use.
  const unknownUntil = createBoundedMap<string, number>(max)
  const versionCheck: Check = { at: Number.NEGATIVE_INFINITY, freshUntil: Number.NEGATIVE_INFINITY }
  let knownVersion: number | undefined
  let generation = 0

  function clear(): void {
    generation += 1
    knownVersion = undefined
    known.clear()
    unknownUntil.clear()
  }

  async function find(key: string): Promise<Value | undefined> {
    try {
      if (version !== undefined && clock.monotonicMs() >= versionCheck.freshUntil) {
        const current = await version()
        if (current !== knownVersion) clear()
        knownVersion = current
        versionCheck.at = clock.monotonicMs()
        versionCheck.freshUntil = versionCheck.at + freshMs
      }
      const entry = known.get(key)
      if (entry !== undefined && (version !== undefined || clock.monotonicMs() < entry.check.freshUntil))
        return entry.found
      const startGeneration = generation
      const found = await read(key)
      if (startGeneration !== generation) return await find(key)
      const now = clock.monotonicMs()
      const check = version === undefined ? { at: now, freshUntil: now + freshMs } : versionCheck
      if (found === undefined) {
        known.delete(key)
        unknownUntil.set(key, Math.min(now + unknownMs, check.freshUntil))
      } else {
        unknownUntil.delete(key)
        known.set(key, { found, check })
      }
      return found
    } catch (error) {
      const entry = known.get(key)
      const now = clock.monotonicMs()
      const isDown = isStoreFailure(error)
      if (!isDown || entry === undefined || now >= entry.check.at + staleMs) throw error
      entry.check.freshUntil = Math.min(now + retryMs, entry.check.at + staleMs)
      return entry.found
    }
  }

  return {
    peek(key) {
      const now = clock.monotonicMs()
      const entry = known.get(key)
      if (entry !== undefined) return now < entry.check.freshUntil ? entry : undefined
      const until = unknownUntil.get(key)
      return until !== undefined && now < until ? unknown : undefined
    },
    find,
    clear,
  }
}
