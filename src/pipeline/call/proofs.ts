/** A signed statement that the sender of a request holds a private key (RFC 9449), before it is checked. */
export interface Proof {
  /** The header `DPoP`. */
  readonly text: string
  readonly method: string
  /** The URL of the request as its sender sees it, without query. */
  readonly url: string
}

/** Checks proofs, and remembers those that were used. */
export interface ProofChecker {
  /**
   * Checks that the holder of the key with this RFC 7638 thumbprint sent the request with `token`. Rejects with
   * GatewayError `proof_required`.
   */
  check(proof: Proof | undefined, token: string, keyThumbprint: string): Promise<void>
}
