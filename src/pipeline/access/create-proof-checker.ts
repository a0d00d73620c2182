import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose'
import { encodeBase64Url } from '../../core/base64.ts'
import { createBoundedMap } from '../../core/bounded-map.ts'
import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Secrets } from '../call/ports.ts'
import type { Proof, ProofChecker } from '../call/proofs.ts'

/** Signature algorithms of keys that a browser can keep to itself. */
const algorithms = ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256']

/** How old, or how far in the future, a proof may be: the clock of a page is rarely exact. */
const toleranceSeconds = 60

/** Remembered proofs, at about 150 bytes each. */
const maxUsed = 50_000

const maxProofLength = 4_096

/** Creates a checker. A proof is used once in each process, or in each isolate of a Worker. */
export function createProofChecker(
  clock: Pick<Clock, 'now' | 'monotonicMs'>,
  { digest }: Pick<Secrets, 'digest'>,
): ProofChecker {
  const used = createBoundedMap<string, number>(maxUsed)

  /** A proof that the map has forgotten is too old, at up to 400 proofs a second. */
  function isNew(id: string): boolean {
    const now = clock.monotonicMs()
    if ((used.get(id) ?? Number.NEGATIVE_INFINITY) > now) return false
    used.set(id, now + 2 * toleranceSeconds * 1_000)
    return true
  }

  return {
    async check(proof, token, keyThumbprint) {
      if (proof === undefined) throw refused('The token is bound to a key: send a proof of it in the header `DPoP`.')
      const { jti, htm, htu, ath, iat = 0 } = await verify(proof, keyThumbprint, clock.now())
      if (Math.abs(iat - clock.now() / 1_000) > toleranceSeconds)
        throw refused(
          `The proof is not of the last ${toleranceSeconds} seconds. Sign it with the current time as \`iat\`.`,
        )
      if (htm !== proof.method || htu !== proof.url)
        throw refused(`The proof is for another request. Sign \`htm\` ${proof.method} and \`htu\` ${proof.url}.`)
      if (ath !== encodeBase64Url(digest(token)))
        throw refused('The proof is for another token. Sign its SHA-256 in base64url as `ath`.')
      if (typeof jti !== 'string' || jti.length < 8 || jti.length > 200)
        throw refused('The proof needs a `jti` of 8 to 200 characters, another one in each proof.')
      if (!isNew(`${keyThumbprint} ${jti}`))
        throw refused('The proof was used before. Sign a new one for each request.')
    },
  }
}

/** The key comes with the proof, and must be the one that the token names. */
async function verify({ text }: Proof, keyThumbprint: string, now: number): Promise<JWTPayload> {
  if (text.length > maxProofLength) throw refused('The proof is too long.')
  try {
    const { payload, protectedHeader } = await jwtVerify(text, EmbeddedJWK, {
      algorithms,
      typ: 'dpop+jwt',
      currentDate: new Date(now),
      requiredClaims: ['iat'],
      clockTolerance: toleranceSeconds,
    })
    const { jwk } = protectedHeader
    if (jwk !== undefined && (await calculateJwkThumbprint(jwk)) === keyThumbprint) return payload
  } catch (cause) {
    throw refused('The proof is not a JWT of type `dpop+jwt` with a valid signature.', cause)
  }
  throw refused('The proof was signed with another key than the one that the token is bound to.')
}

function refused(message: string, cause?: unknown): GatewayError {
  return new GatewayError('proof_required', message, {
    cause,
    headers: { 'www-authenticate': `DPoP error="invalid_dpop_proof", algs="${algorithms.join(' ')}"` },
  })
}
