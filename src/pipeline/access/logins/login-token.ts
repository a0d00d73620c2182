import { base64url } from 'jose'
import { isJsonObject, type JsonObject } from '../../../core/json.ts'

/** A JWT in its compact form, read and not verified: its issuer only selects the keys to verify it with. */
export interface LoginToken {
  readonly header: JsonObject
  readonly claims: JsonObject
  readonly issuer: string
  readonly text: string
  /** Length of the signed start of `text`. */
  readonly signedLength: number
}

/** The base64url of `{"`, with which no key of Weir begins. */
export const tokenStart = 'ey'

/** Issuers' tokens have 0.5 to 4 KB; servers commonly refuse headers above 16 KB. */
const tokenLength = 16_384
/** Of the header, and of the claims, in base64url. */
const partLength = 8_192

/** RFC 7515: base64url without padding. Exactly three parts, so no JWE (five) and no unsigned JWT (an empty third). */
const compactForm = /^([\w-]+)\.([\w-]+)\.[\w-]+$/

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** Reads a token within its bounds; undefined for anything but a signed JWT with an issuer. */
export function readLoginToken(text: string): LoginToken | undefined {
  if (text.length > tokenLength || !text.startsWith(tokenStart)) return undefined
  const [, header = '', claims = ''] = compactForm.exec(text) ?? []
  if (header === '' || header.length > partLength || claims.length > partLength) return undefined
  const readClaims = readPart(claims)
  const issuer = readClaims?.iss
  if (readClaims === undefined || typeof issuer !== 'string') return undefined
  const readHeader = readPart(header)
  if (readHeader === undefined) return undefined
  return { header: readHeader, claims: readClaims, issuer, text, signedLength: header.length + 1 + claims.length }
}

function readPart(encoded: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(base64url.decode(encoded)))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** RFC 9068 and RFC 7519. Other types, such as `logout+jwt` and `dpop+jwt`, are no logins (RFC 8725, section 3.11). */
const loginTypes = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt'])

/**
 * Returns why the header of a login is refused. Keys that a header brings along (`jwk`, `x5c`) or points to (`jku`,
 * `x5u`) are ignored: the issuer's own decide.
 */
export function headerProblem({ crit, b64, cty, typ, alg }: JsonObject, algorithms: readonly string[]) {
  // RFC 7515: a server refuses extensions that it does not understand, and Weir understands none.
  if (crit !== undefined || b64 !== undefined) return 'extension'
  if (cty !== undefined) return 'nested'
  if (typ !== undefined && (typeof typ !== 'string' || !loginTypes.has(typ.toLowerCase()))) return 'type'
  return typeof alg === 'string' && algorithms.includes(alg) ? undefined : 'algorithm'
}
