/**
 * Algorithms that sign with a private key. Not the HS family, whose secret would be the public key of a JWKS to an
 * attacker, and not `none`.
 */
export const loginAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const
