/** A link that mints one secret of a key when it is claimed. The store never holds its token (S17). */
export interface Link {
  /** `link_…` */
  readonly id: string
  readonly keyId: string
  /** How long the key's older secrets stay valid after the claim. */
  readonly overlapSeconds: number
  /** The name of the author, as in the audit log. */
  readonly createdBy: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly expiresAt: number
  /** Undefined until it is claimed. */
  readonly claimedAt: number | undefined
}

export interface LinkPage {
  readonly limit: number
  /** Limits the page to links after this id. Ids sort by creation time. */
  readonly after?: string | undefined
}

/** The result of a claim. `used`: an earlier claim succeeded. */
export type LinkClaim =
  | { readonly kind: 'claimed'; readonly link: Link }
  | { readonly kind: 'used' }
  | { readonly kind: 'unknown' }

/**
 * One-time links. Atomic, shared and never stale; as durable as the backend. Rejects with GatewayError
 * `store_unavailable`.
 */
export interface LinkStore {
  /** Adds a link, and deletes those that had expired by `forgetBefore`. `hash` is the SHA-256 of its token. */
  create(link: Link, hash: string, forgetBefore: number): Promise<void>
  /** Lists links, oldest first. */
  list(page: LinkPage): Promise<readonly Link[]>
  /** Claims a link. Of several concurrent claims exactly one returns `claimed`. An expired link is unknown. */
  claim(hash: string, now: number): Promise<LinkClaim>
  /** Makes a claimed link claimable again, after its secret could not be minted. */
  release(id: string): Promise<void>
  /** Returns false if the link is unknown. */
  delete(id: string): Promise<boolean>
}
