import type { Limits } from '../../metering/limits.ts'
import type { TokenIdentity } from '../../storage/revocation-store.ts'

/** The claims of a token that Weir signs for an end user. Times are milliseconds since 1970. */
export interface ClientClaims extends TokenIdentity {
  /** `ct_…`, unique. */
  readonly id: string
  readonly expiresAt: number
  /** The key that the token acts for: a virtual key, `token`, or `visitors`. */
  readonly keyId: string
  /** {@link ClientTokens.proofOf} TOKEN, for a token that TOKEN made. A new TOKEN ends its tokens. */
  readonly proof: string | undefined
  /** Empty for none. */
  readonly endUser: string
  readonly models: readonly string[] | undefined
  readonly operations: readonly string[] | undefined
  readonly origins: readonly string[] | undefined
  readonly limits: Limits
  readonly sessionId: string | undefined
  /** `name:value`. */
  readonly tags: readonly string[]
  /** RFC 7638 thumbprint of the key that must sign each request (RFC 9449); undefined for a bearer token. */
  readonly keyThumbprint: string | undefined
}

/** The claims of a token that is not signed yet. */
export type NewClaims = Omit<ClientClaims, 'userDigest'>

/** Signs and verifies user tokens: JWTs with HS256. Synchronous, and needs no store. */
export interface ClientTokens {
  sign(claims: NewClaims): string
  /**
   * Returns the claims of a token with a valid signature; undefined for any other string. Does not check its times.
   * Returns the same object again for the same token.
   */
  verify(token: string): ClientClaims | undefined
  /** Returns a proof that only a server with the same signing secret can compute, from which no guess can be checked. */
  proofOf(secret: string): string
  /** True if one of the signing secrets made this proof: a rotation leaves the tokens of the previous one valid. */
  isProofOf(secret: string, proof: string | undefined): boolean
}
