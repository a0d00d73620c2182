import { createBoundedMap } from './bounded-map.ts'
import type { Clock } from './clock.ts'
import { isStoreFailure } from './errors.ts'

/** A value of the source, or undefined where it has none. */
export interface Known<Value> {
  readonly found: Value | undefined
}

/**
 * Values of a source that change rarely, each used until it is no longer fresh or the source has changed.
 *
 * - Bounded: a new value evicts the oldest; keys without a value never evict one.
 * - Never older than a change: what was being read while `clear` was called, or while a new version was seen, is read
 *   again.
 * - Nothing that is under way is shared, so that no request of a Worker waits for another's (S71).
 */
export interface VersionedCache<Value> {
  /** The fresh value, at once and without an allocation; undefined where the source has to be asked. */
  peek(key: string): Known<Value> | undefined
  /**
   * The fresh value, or else that of the source. While the source is down, a value is used up to `staleMs` longer; any
   * other key rejects with the source's error, since a source that is down must not look like an unknown key (R48).
   */
  find(key: string): Promise<Value | undefined>
  /** The source was changed. */
  clear(): void
}

export interface VersionedCacheOptions<Value> {
  readonly read: (key: string) => Promise<Value | undefined>
  /**
   * Raised by every change of any value. With it, values that are no longer fresh are read again only if the version is
   * another; without it, each is read again.
   */
  readonly version?: () => Promise<number>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** How long a value is used before its version, or the value itself, is checked again. */
  readonly freshMs: number
  /** The same for a key without a value. */
  readonly unknownMs: number
  /** How long a value is used, from its last check on, while the source rejects with `store_unavailable`. */
  readonly staleMs: number
  /** Between two tries while the source is down. */
  readonly retryMs: number
  /** How many values are kept, and as many keys without one. */
  readonly max: number
}

interface Check {
  at: number
  freshUntil: number
}

interface Entry<Value> extends Known<Value> {
  readonly found: Value
  /** All entries share one where there is a version. */
  readonly check: Check
}

const unknown: Known<never> = { found: undefined }

export function createVersionedCache<Value>(options: VersionedCacheOptions<Value>): VersionedCache<Value> {
  const { read, version, clock, freshMs, unknownMs, staleMs, retryMs, max } = options
  const known = createBoundedMap<string, Entry<Value>>(max)
  // Apart, so that a caller who tries thousands of keys does not evict those that are used.
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
      const asked = generation
      const found = await read(key)
      if (asked !== generation) return await find(key)
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
