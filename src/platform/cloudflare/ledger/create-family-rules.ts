import { GatewayError } from '../../../core/errors.ts'
import { createVersionedCache } from '../../../core/versioned-cache.ts'
import type { KeyChain } from '../../../metering/limits.ts'
import { isVirtualKey } from '../../../storage/key-ids.ts'
import type { KeyStore, KeyWithAncestors } from '../../../storage/key-store.ts'
import { noRevocations, type RevocationStore, type Revocations } from '../../../storage/revocation-store.ts'
import { toKeyless, toRules } from '../../../storage/sql/ledger/create-key-chain-cache.ts'
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

/** The rules of a key and its ancestors, and the revocations of its user tokens. */
export interface KeyState {
  /** Undefined for an unknown key. */
  readonly chain: KeyChain | undefined
  readonly revocations: Revocations
}

/** A cache of the key rules of one family from D1, which lets the object decide without waiting for D1. */
export interface FamilyRules {
  /**
   * Returns the cached state of a key synchronously, otherwise a promise, which rejects with GatewayError
   * `store_unavailable`. `hasToken` says whether revocations matter; without it, callers without a key need no read.
   */
  find(keyId: string, hasToken?: boolean): KeyState | Promise<KeyState>
  /** Drops all cached rules after a key of the family has changed. */
  forget(): void
}

/**
 * Creates the rules cache of one family. Concurrent calls for one key share one read of D1. In a Durable Object, unlike
 * in a Worker, a request may wait for the I/O of another one (S71).
 */
export function createFamilyRules(
  store: Pick<KeyStore, 'find'>,
  revocations: Pick<RevocationStore, 'of'>,
  now: () => number,
): FamilyRules {
  const cache = createVersionedCache<KeyState>({
    async read(keyId) {
      try {
        const chain = isVirtualKey(keyId) ? toChain(await store.find(keyId)) : [toKeyless(keyId)]
        // Never caches an unknown key, because new keys are not announced.
        if (chain === undefined) return undefined
        return { chain, revocations: await revocations.of(chain.map(({ id }) => id)) }
      } catch (error) {
        throw toStoreFailure(error instanceof GatewayError ? (error.cause ?? error) : error)
      }
    },
    clock: { monotonicMs: now },
    freshMs,
    unknownMs: 0,
    staleMs,
    retryMs,
    max: maxKeys,
  })
  let reads = new Map<string, Promise<KeyState>>()

  return {
    find(keyId, hasToken = false) {
      if (!hasToken && !isVirtualKey(keyId)) return { chain: [toKeyless(keyId)], revocations: noRevocations }
      const known = cache.peek(keyId)?.found
      if (known !== undefined) return known
      const shared = reads.get(keyId)
      if (shared !== undefined) return shared
      const own = reads
      const read = cache
        .find(keyId)
        .then((found) => found ?? unknownKey)
        .finally(() => own.delete(keyId))
      own.set(keyId, read)
      return read
    },
    forget() {
      cache.clear()
      reads = new Map()
    },
  }
}

const unknownKey: KeyState = { chain: undefined, revocations: noRevocations }

function toChain(found: KeyWithAncestors | undefined): KeyChain | undefined {
  return found && [found.key, ...found.ancestors].map(toRules)
}
