import type { JSONWebKeySet, JWTPayload } from 'jose'
import * as errors from 'jose/errors'
import { createLocalJWKSet } from 'jose/jwks/local'
import { jwtVerify } from 'jose/jwt/verify'
import { defaults } from '../../config/defaults.ts'

/** The values that an ID token must have. */
export interface IdTokenExpectation {
  /** Exactly the claim `iss`. */
  readonly issuer: string
  /** The claim `aud` contains it; with several audiences the claim `azp` equals it. */
  readonly clientId: string
  /** Pinned: the token's own header never chooses another one. */
  readonly algorithms: readonly string[]
  readonly nonce: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** The claims of a verified ID token. */
export interface IdTokenClaims {
  readonly subject: string
  /** Undefined unless the provider has verified it. */
  readonly verifiedEmail: string | undefined
}

/** `unknown_key`: the key set lacks the token's key, so a newer set may verify it. */
export type IdTokenResult =
  | { readonly kind: 'valid'; readonly claims: IdTokenClaims }
  | { readonly kind: 'unknown_key' | 'invalid'; readonly reason: string }

/**
 * Verifies an ID token by the rules of OpenID Connect Core 3.1.3.7: signature, issuer, audience, authorized party,
 * expiry and nonce. Never throws; `reason` is for the audit log only.
 */
export async function verifyIdToken(
  token: string,
  keys: JSONWebKeySet,
  { issuer, clientId, algorithms, nonce, now }: IdTokenExpectation,
): Promise<IdTokenResult> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      issuer,
      audience: clientId,
      algorithms: [...algorithms],
      currentDate: new Date(now),
      clockTolerance: defaults.admin.clockSkewSeconds,
      requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
    })
    return judge(payload, clientId, nonce)
  } catch (error) {
    const reason = error instanceof errors.JOSEError ? error.code : 'unreadable'
    return { kind: error instanceof errors.JWKSNoMatchingKey ? 'unknown_key' : 'invalid', reason }
  }
}

function judge(payload: JWTPayload, clientId: string, nonce: string): IdTokenResult {
  const { sub: subject, aud, azp, nonce: claimed } = payload
  if (claimed !== nonce) return { kind: 'invalid', reason: 'nonce' }
  const needsParty = Array.isArray(aud) && aud.length > 1
  if (azp === undefined ? needsParty : azp !== clientId) return { kind: 'invalid', reason: 'azp' }
  if (typeof subject !== 'string' || subject === '') return { kind: 'invalid', reason: 'sub' }
  return { kind: 'valid', claims: { subject, verifiedEmail: readVerifiedEmail(payload) } }
}

/** Returns an e-mail address only if the provider says that it belongs to the account. */
export function readVerifiedEmail({ email, email_verified: isVerified }: Readonly<Record<string, unknown>>) {
  return typeof email === 'string' && isVerified === true ? email : undefined
}
