import type { ClaimRules, LoginSettings } from '../../../config/settings.ts'
import { GatewayError } from '../../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { maxTokenAgeMs } from '../../../storage/revocation-store.ts'

/** Clocks of servers differ by less, if they are synchronised at all. */
export const toleranceMs = 30_000

export interface CheckedClaims {
  readonly user: string
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** Index of the first tier that matches. */
  readonly tier: number | undefined
}

/**
 * Checks the claims of a token whose signature is genuine, at `now` in milliseconds since 1970. Throws GatewayError
 * `token_expired` or `token_not_for_this_server`. The claims are the issuer's, so the messages may name them.
 */
export function checkClaims(claims: JsonObject, login: LoginSettings, now: number): CheckedClaims {
  const issuedAt = readTime('iat', claims)
  const expiresAt = Math.min(readTime('exp', claims), issuedAt + maxTokenAgeMs)
  const startsAt = claims.nbf === undefined ? issuedAt : readTime('nbf', claims)
  if (expiresAt <= now - toleranceMs)
    throw new GatewayError('token_expired', 'Your login has expired. Get a new token from its issuer, and send that.', {
      reason: 'expired',
    })
  if (Math.max(issuedAt, startsAt) > now + toleranceMs)
    throw new GatewayError(
      'token_expired',
      'Your login is not valid yet. Send it again later; if it is new, the clocks of its issuer and of this server differ.',
      { reason: 'not_yet_valid' },
    )
  const { audience, claims: rules, userClaim, tiers } = login
  if (audience !== undefined && !isOneOf(claims.aud, audience)) throw notForThisServer('aud')
  for (const [name, values] of Object.entries(rules))
    if (!isOneOf(readClaim(claims, name), values)) throw notForThisServer(name)
  const user = readClaim(claims, userClaim)
  if (typeof user !== 'string' || user === '')
    throw new GatewayError(
      'token_not_for_this_server',
      `The token has no text in the claim \`${userClaim}\`, which identifies its user. Send a token of a user.`,
      { reason: 'user_claim' },
    )
  const tier = tiers.findIndex((candidate) => matches(claims, candidate.claims))
  return { user, issuedAt, expiresAt, tier: tier === -1 ? undefined : tier }
}

/** Reads a NumericDate of RFC 7519, which may have decimals, as milliseconds. */
function readTime(name: 'exp' | 'iat' | 'nbf', claims: JsonObject): number {
  const seconds = claims[name]
  if (typeof seconds === 'number' && Number.isFinite(seconds))
    return Math.min(Math.max(Math.trunc(seconds * 1_000), 0), Number.MAX_SAFE_INTEGER)
  throw new GatewayError(
    'token_not_for_this_server',
    `The token has no time in the claim \`${name}\`. Send a token that its issuer limits in time.`,
    { reason: name },
  )
}

function notForThisServer(claim: string): GatewayError {
  return new GatewayError(
    'token_not_for_this_server',
    `The token is meant for another app: its \`${claim}\` is not one that this server accepts. Send a token of this server’s app, or ask the operator to add the value.`,
    { reason: `claim ${claim}` },
  )
}

function matches(claims: JsonObject, rules: ClaimRules): boolean {
  return Object.entries(rules).every(([name, values]) => isOneOf(readClaim(claims, name), values))
}

/** True if the claim, or an element of it, equals one of the values in type and case. */
function isOneOf(claim: unknown, values: readonly unknown[]): boolean {
  if (Array.isArray(claim)) return claim.some((element) => values.includes(element))
  return claim !== undefined && values.includes(claim)
}

/** Reads the claim of that name, else of that path, because the names of some issuers' claims contain dots. */
function readClaim(claims: JsonObject, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name
    .split('.')
    .reduce(
      (value: unknown, part) => (isJsonObject(value) && Object.hasOwn(value, part) ? value[part] : undefined),
      claims,
    )
}
