/** A user who is signed in at an issuer of the configuration. */
export interface VerifiedLogin {
  readonly kind: 'verified'
  /** Name of the login in the configuration. */
  readonly name: string
  /** At most 128 characters; a longer name is its digest. */
  readonly endUser: string
  /** The `jti`, else a digest of the signed text. Unique within the login. */
  readonly tokenId: string
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  /** The last moment at which the token is accepted: `exp` and the tolerance for clocks. */
  readonly expiresAt: number
  /** Index of the login's tier; undefined for the login's own values. */
  readonly tier: number | undefined
}

/** A token of a configured issuer without a genuine signature. The caller learns nothing but that it is refused (S84). */
export interface RefusedLogin {
  readonly kind: 'refused'
  /** For the log. */
  readonly reason: string
}

export interface Logins {
  /** Names of the headers in which tokens arrive, besides `authorization`; in lower case. */
  readonly headers: readonly string[]
  /**
   * Verifies the token of a header. Returns undefined if it is not a token of any login of this header. Synchronous for a
   * token that was seen before; on Node for any, once the issuer's keys are known. Throws, or rejects with, GatewayError
   * `token_expired` and `token_not_for_this_server` for genuine tokens, and `issuer_unavailable`.
   *
   * No request is sent for a token whose issuer is not in the configuration.
   */
  verify(token: string, headerName: string): LoginResult | Promise<LoginResult>
}

export type LoginResult = VerifiedLogin | RefusedLogin | undefined
