import type { Limits } from '../metering/limits.ts'

/** The permissions of a key. An undefined list allows everything, an empty list nothing. */
export interface Grants {
  /** Patterns with `*`, matched against the requested model name and against `provider/model`. */
  readonly models: readonly string[] | undefined
  /** Patterns with `*`, matched against operation names such as `chat.completions`. */
  readonly operations: readonly string[] | undefined
  /** Exact origins of web pages. The list does not restrict calls without an `Origin` header. */
  readonly origins: readonly string[] | undefined
  /** IP addresses and CIDR ranges of callers. */
  readonly ipRanges: readonly string[] | undefined
}

/** Grants without a list, which allow everything that the keys above allow. */
export const noGrants: Grants = { models: undefined, operations: undefined, origins: undefined, ipRanges: undefined }

/** A virtual key without its secret. */
export interface ApiKey {
  /** `key_…` */
  readonly id: string
  readonly parentId: string | undefined
  /** The topmost ancestor, or the key itself. One shard holds the counters of a whole family. */
  readonly rootId: string
  readonly name: string
  readonly isDisabled: boolean
  /** Milliseconds since 1970; undefined if the key never expires. */
  readonly expiresAt: number | undefined
  readonly grants: Grants
  readonly limits: Limits
  readonly perUser: Limits | undefined
  readonly isShadow: boolean
  /** Output limit of calls that set none; undefined for the server's default. */
  readonly defaultMaxTokens: number | undefined
  /** The operator's own labels for the key. */
  readonly labels: Readonly<Record<string, string>>
  /** The person to whom the key belongs, who may rotate it. */
  readonly personId?: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** A secret of a key. During a rotation, a key has two. */
export interface KeySecret {
  /** SHA-256 of the secret, lower-case hexadecimal. Weir never stores the secret itself (S17). */
  readonly hash: string
  /** The secret's first and last characters for display: `sk-weir-a1b2…9f3c`. */
  readonly hint: string
  readonly createdAt: number
  readonly expiresAt: number | undefined
}

/** A key that was found by its secret. */
export interface FoundKey {
  readonly key: ApiKey
  /** Ancestors, from the parent to the root. */
  readonly ancestors: readonly ApiKey[]
  readonly secret: KeySecret
}

/** New values of a key. Omitted fields stay unchanged. */
export type KeyChange = Partial<Pick<ApiKey, 'name' | 'isDisabled' | 'limits' | 'isShadow' | 'labels'>> & {
  /** A present list replaces the old one; a present undefined removes it. */
  readonly grants?: Partial<Grants>
  /** `never` and `none` remove a value. */
  readonly expiresAt?: number | 'never'
  readonly perUser?: Limits | 'none'
  readonly defaultMaxTokens?: number | 'none'
  readonly personId?: string | 'none'
}

export interface KeyPage {
  readonly limit: number
  /** Limits the page to keys after this id. Ids sort by creation time. */
  readonly after?: string | undefined
  /** Limits the page to children of this key. */
  readonly parentId?: string | undefined
  /** Limits the page to keys of this person. */
  readonly personId?: string | undefined
}

/**
 * Virtual keys. Atomic, shared and never stale; as durable as the backend. Every change increments `version` in the
 * same transaction, so a reader may cache keys while the version stays the same.
 * Rejects with GatewayError `store_unavailable`.
 */
export interface KeyStore {
  /** Adds a key. Returns false, and changes nothing, if the id or the hash is taken or the parent is deleted. */
  create(key: ApiKey, secret: KeySecret): Promise<boolean>
  find(id: string): Promise<KeyWithAncestors | undefined>
  /** Finds disabled and expired keys too; the caller must check the status (S84). */
  findByHash(hash: string): Promise<FoundKey | undefined>
  /** Returns true until the first key is created. Deleted keys count as created. */
  isUnused(): Promise<boolean>
  list(page: KeyPage): Promise<readonly KeyWithSecrets[]>
  secrets(id: string): Promise<readonly KeySecret[]>
  /**
   * Calls `change` with the stored key and writes the result. If another writer was faster, calls `change` again with
   * the newer key, so no change is lost (R60). If `change` throws, rejects with that error and changes nothing.
   */
  update(id: string, change: (key: ApiKey) => KeyChange, now: number): Promise<ApiKey | undefined>
  /**
   * Adds a secret. Older secrets expire at `overlapUntil` at the latest; expired ones are deleted.
   * Returns false, and changes nothing, if the key is unknown or the hash is taken.
   */
  rotate(id: string, secret: KeySecret, overlapUntil: number): Promise<boolean>
  /**
   * Deletes the key with its descendants; returns the number of deleted keys. Their secrets are deleted at once, and
   * every method except `lineage` treats the keys as unknown. Their usage records stay and still count for the keys
   * above. Ids are never reused.
   */
  delete(id: string, now: number): Promise<number>
  /**
   * Returns the id of a key, deleted or not, and the ids of the keys above it, the root last. For an unknown key,
   * returns its id alone.
   */
  lineage(id: string): Promise<readonly string[]>
  /** Returns the current version. An operation that changes nothing may increment it too. */
  version(): Promise<number>
}

/** A key with its ancestors, from the parent to the root. */
export type KeyWithAncestors = Omit<FoundKey, 'secret'>

/** A key with its secrets, oldest first. */
export interface KeyWithSecrets {
  readonly key: ApiKey
  readonly secrets: readonly KeySecret[]
}
