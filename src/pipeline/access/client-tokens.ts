import { createBoundedMap } from '../../core/bounded-map.ts'
import type { Limits } from '../../metering/limits.ts'
import type { ClientClaims, ClientTokens, NewClaims } from '../call/client-tokens.ts'
import type { Secrets } from '../call/ports.ts'
import { digestOfUser } from './user-key.ts'

const encoder = new TextEncoder()

/** The media type of Weir's tokens. No other issuer uses it, so no other JWT is mistaken for one (RFC 8725, 3.11). */
const headerStart = '{"typ":"weir-user+jwt","alg":"HS256",'

/** The type alone, in 21 bytes: a multiple of three, so every such header begins with it in base64 too. */
const commonStart = toBase64Url(headerStart.slice(0, 21))

/** True for a string that Weir could have signed, with whichever secret. */
export function looksSigned(token: string): boolean {
  return token.startsWith(commonStart)
}

/** Maximum length: HTTP headers of 16 KiB must have room for more than a token. */
export const maxTokenLength = 8_000

/** Tokens whose signature is not checked again, at about 1.5 KB each. */
const maxKnown = 2_000

interface Signer {
  /** The encoded header, with its dot. The whole header is compared, so a token cannot choose its algorithm. */
  readonly head: string
  readonly secret: string
}

/** The first secret signs; a token of any of them is valid. Each has at least 32 characters. */
export function createClientTokens(
  signingSecrets: readonly [string, ...string[]],
  secrets: Pick<Secrets, 'hmac' | 'equal' | 'digest'>,
): ClientTokens {
  const signers = signingSecrets.map((secret): Signer => {
    const id = secrets.hmac(secret, 'id of this secret').slice(0, 8)
    return { head: `${toBase64Url(`${headerStart}"kid":"${id}"}`)}.`, secret }
  })
  const [first] = signers
  const known = createBoundedMap<string, ClientClaims>(maxKnown)
  const prove = (signingSecret: string, secret: string) =>
    secrets.hmac(signingSecret, `proof of ${secret}`).slice(0, 22)

  return {
    sign(claims) {
      if (first === undefined) throw new Error('No secret signs tokens.')
      const signed = first.head + toBase64Url(stringifyClaims(claims))
      return `${signed}.${secrets.hmac(first.secret, signed)}`
    },
    verify(token) {
      const cached = known.get(token)
      if (cached !== undefined) return cached
      if (token.length > maxTokenLength) return undefined
      const signer = signers.find(({ head }) => token.startsWith(head))
      const end = token.lastIndexOf('.')
      if (signer === undefined || end < signer.head.length) return undefined
      // Compares the text of the signature: several spellings in base64 decode to the same bytes.
      const expected = encoder.encode(secrets.hmac(signer.secret, token.slice(0, end)))
      const presented = encoder.encode(token.slice(end + 1))
      if (presented.length !== expected.length || !secrets.equal(presented, expected)) return undefined
      const claims = parseClaims(token.slice(signer.head.length, end), secrets)
      known.set(token, claims)
      return claims
    },
    proofOf: (secret) => prove(signingSecrets[0], secret),
    isProofOf: (secret, proof) => signingSecrets.some((signingSecret) => prove(signingSecret, secret) === proof),
  }
}

/** The payload, with the registered names of RFC 7519 and short names for the rest. */
interface ClaimsJson {
  readonly jti: string
  /** Seconds, with milliseconds as a fraction: a revocation may be as young as the token. */
  readonly iat: number
  readonly exp: number
  readonly key: string
  readonly prf?: string
  readonly sub?: string
  readonly mod?: readonly string[]
  readonly ops?: readonly string[]
  readonly org?: readonly string[]
  readonly lim?: Partial<Limits>
  readonly ses?: string
  readonly tag?: readonly string[]
  readonly cnf?: { readonly jkt: string }
}

function stringifyClaims(claims: NewClaims): string {
  const { rates, budgets } = claims.limits
  const json = {
    jti: claims.id,
    iat: claims.issuedAt / 1_000,
    exp: claims.expiresAt / 1_000,
    key: claims.keyId,
    prf: claims.proof,
    sub: claims.endUser === '' ? undefined : claims.endUser,
    mod: claims.models,
    ops: claims.operations,
    org: claims.origins,
    lim: { ...claims.limits, rates: emptyToUndefined(rates), budgets: emptyToUndefined(budgets) },
    ses: claims.sessionId,
    tag: emptyToUndefined(claims.tags),
    cnf: claims.keyThumbprint === undefined ? undefined : { jkt: claims.keyThumbprint },
  }
  // ASCII, so reading a payload needs no decoding of UTF-8.
  return JSON.stringify(json).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The casts are safe because the signature proves that {@link stringifyClaims} wrote the payload. */
function parseClaims(payload: string, secrets: Pick<Secrets, 'digest'>): ClientClaims {
  const json = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as ClaimsJson
  const { rates = [], budgets = [], concurrentCalls, concurrentStreams, callNano } = json.lim ?? {}
  return {
    id: json.jti,
    userDigest: digestOfUser(json.key, json.sub ?? '', secrets),
    issuedAt: Math.round(json.iat * 1_000),
    expiresAt: Math.round(json.exp * 1_000),
    keyId: json.key,
    proof: json.prf,
    endUser: json.sub ?? '',
    models: json.mod,
    operations: json.ops,
    origins: json.org,
    limits: { rates, budgets, concurrentCalls, concurrentStreams, callNano },
    sessionId: json.ses,
    tags: json.tag ?? [],
    keyThumbprint: json.cnf?.jkt,
  }
}

/** The text is ASCII. */
function toBase64Url(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

function emptyToUndefined<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list
}
