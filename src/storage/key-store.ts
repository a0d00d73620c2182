import type { Limits } from '../metering/limits.ts'

/** What a key may do. Undefined lists allow everything; empty ones nothing. */
export interface Grants {
  /** Patterns with `*`, matched against the model as asked, and as `provider/model`. */
  readonly models: readonly string[] | undefined
  /** Patterns with `*`, matched against operation names such as `chat.completions`. */
  readonly operations: readonly string[] | undefined
  /** Exact origins of web pages. A call without an origin is not bound by it. */
  readonly origins: readonly string[] | undefined
  /** Addresses and CIDR ranges of callers. */
  readonly ipRanges: readonly string[] | undefined
}

/** A virtual key without its secret. */
export interface ApiKey {
  /** `key_…` */
  readonly id: string
  readonly parentId: string | undefined
  /** The topmost ancestor, or the key itself. Counters of one family are kept in one place. */
  readonly rootId: string
  readonly name: string
  readonly isDisabled: boolean
  /** Milliseconds since 1970, or undefined for never. */
  readonly expiresAt: number | undefined
  readonly grants: Grants
  readonly limits: Limits
  readonly perUser: Limits | undefined
  readonly isShadow: boolean
  /** For calls that name no limit of their own; undefined for the server's default. */
  readonly defaultMaxTokens: number | undefined
  /** Free text by which the operator finds the key again. */
  readonly labels: Readonly<Record<string, string>>
  readonly createdAt: number
  readonly updatedAt: number
}

/** One secret of a key; during a rotation there are two. */
export interface KeySecret {
  /** SHA-256 of the secret, lower-case hexadecimal. The secret itself is kept nowhere (S17). */
  readonly hash: string
  /** Its first and last characters, by which a person recognises it: `sk-weir-a1b2…9f3c`. */
  readonly hint: string
  readonly createdAt: number
  readonly expiresAt: number | undefined
}

/** A key as it is found by its secret. */
export interface FoundKey {
  readonly key: ApiKey
  /** The parent first, the root last. */
  readonly ancestors: readonly ApiKey[]
  readonly secret: KeySecret
}

/** New values of a key. What is left out stays as it is. */
export type KeyChange = Partial<Pick<ApiKey, 'name' | 'isDisabled' | 'limits' | 'isShadow' | 'labels'>> & {
  /** Lists that are named replace the old ones; undefined takes one away. */
  readonly grants?: Partial<Grants>
  /** `never` and `none` take a value away. */
  readonly expiresAt?: number | 'never'
  readonly perUser?: Limits | 'none'
  readonly defaultMaxTokens?: number | 'none'
}

export interface KeyPage {
  readonly limit: number
  /** Only keys after this id, in the order of ids, which is that of creation. */
  readonly after?: string | undefined
  /** Only children of this key. */
  readonly parentId?: string | undefined
}

/**
 * Virtual keys. Atomic, shared and never stale; durable where the backend is. Every change raises `version` in the same step, so that a
 * reader may keep what it has read for as long as the version stays.
 * Rejects with GatewayError `store_unavailable`.
 */
export interface KeyStore {
  /** False, with nothing changed, where the id or the hash is taken or the parent is gone. */
  create(key: ApiKey, secret: KeySecret): Promise<boolean>
  find(id: string): Promise<KeyWithAncestors | undefined>
  /** Also of keys that are disabled or expired, which is the caller's to judge (S84). */
  findByHash(hash: string): Promise<FoundKey | undefined>
  /** True before the first key is made. */
  isUnused(): Promise<boolean>
  list(page: KeyPage): Promise<readonly KeyWithSecrets[]>
  secrets(id: string): Promise<readonly KeySecret[]>
  /**
   * `change` gets the key as it is stored, and is asked again where another change came first, so that none is lost (R60). Rejects with
   * the error that it throws; then nothing is changed.
   */
  update(id: string, change: (key: ApiKey) => KeyChange, now: number): Promise<ApiKey | undefined>
  /**
   * Adds a secret, and lets the older ones expire at `overlapUntil`, unless they do so earlier; those that have expired are deleted.
   * False, with nothing changed, where the key is unknown or the hash is taken.
   */
  rotate(id: string, secret: KeySecret, overlapUntil: number): Promise<boolean>
  /**
   * Deletes the key with its descendants; how many keys that were. Their secrets are forgotten at once, and nothing here finds them but
   * `lineage`; their records stay, and belong to the keys above as before. An id is never given again.
   */
  delete(id: string, now: number): Promise<number>
  /** The id of a key, which may be deleted, and those of the keys above it, the root's last. Of an unknown key its id alone. */
  lineage(id: string): Promise<readonly string[]>
  /** Also raised, now and then, by what changed nothing after all. */
  version(): Promise<number>
}

/** A key with its ancestors, the parent first and the root last. */
export type KeyWithAncestors = Omit<FoundKey, 'secret'>

/** A key with its secrets, oldest first. */
export interface KeyWithSecrets {
  readonly key: ApiKey
  readonly secrets: readonly KeySecret[]
}
