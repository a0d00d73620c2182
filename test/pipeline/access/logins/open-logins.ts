import { createHash } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import type { JsonObject } from '../../../../src/core/json.ts'
import { type CheckSignature, checkByWebCrypto } from '../../../../src/pipeline/access/logins/check-signature.ts'
import { createLogins } from '../../../../src/pipeline/access/logins/create-logins.ts'
import type { FetchJson } from '../../../../src/pipeline/access/logins/fetch-json.ts'
import type { Logins } from '../../../../src/pipeline/call/logins.ts'
import { checkByOpenssl } from '../../../../src/platform/node/check-signature.ts'
import { parse } from '../../../config/parse.ts'

export const issuer = 'https://issuer.example.com'
/** Seconds since 1970, of the clock that the tests set. */
export const startSeconds = 1_800_000_000

/** The ways of this runtime to check a signature, which every attack must meet. Weir on Workers uses WebCrypto alone. */
export const signatureChecks: readonly (readonly [string, CheckSignature])[] = [
  ['WebCrypto', checkByWebCrypto],
  ...(navigator.userAgent === 'Cloudflare-Workers' ? [] : [['OpenSSL', checkByOpenssl] as const]),
]

export type SigningKey = Awaited<ReturnType<typeof createSigningKey>>

export async function createSigningKey(kid: string | undefined, algorithm = 'RS256') {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), ...(kid !== undefined && { kid }), use: 'sig', alg: algorithm }
  return { kid, algorithm, jwk, privateKey, publicKey }
}

/** Signs claims, by default those of a valid token. */
export function signToken(
  { kid, algorithm, privateKey }: SigningKey,
  claims: JsonObject = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const all = { iss: issuer, sub: 'user-1', aud: 'weir', iat: startSeconds, exp: startSeconds + 3_600, ...claims }
  return new SignJWT(all)
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(kid !== undefined && { kid }), ...header })
    .sign(privateKey)
}

export interface OpenLogins {
  readonly logins: Logins
  /** Addresses of the fetched documents. */
  readonly fetched: string[]
  /** The keys that the issuer publishes, or the error that it fails with. */
  published: readonly JsonObject[] | Error
  /** The discovery document. */
  discovery: unknown
  advance(milliseconds: number): void
  /** Returns what the login's caller would see: the code of the error, or `refused`, `unknown` or the verified login. */
  verify(token: string, header?: string): Promise<unknown>
}

export interface LoginOptions {
  readonly config?: JsonObject
  readonly keys?: readonly SigningKey[]
  readonly checkSignature?: CheckSignature
}

/** A login without limits is refused. */
function withLimits(logins: JsonObject): JsonObject {
  const entries = Object.entries(logins) as [string, JsonObject][]
  return Object.fromEntries(entries.map(([name, login]) => [name, { per_user: { requests_per_day: 1_000 }, ...login }]))
}

/** Opens logins whose issuer answers from memory, with a clock that stands still. */
export function openLogins({ config, keys = [], checkSignature = checkByOpenssl }: LoginOptions): OpenLogins {
  const { logins: settings } = parse({
    config: { logins: withLimits(config ?? { app: { issuer, audience: ['weir'] } }) },
  })
  let elapsedMs = 0
  const fetched: string[] = []
  const fetchJson: FetchJson = async ({ href, pathname }) => {
    fetched.push(href)
    if (open.published instanceof Error) throw open.published
    return pathname.includes('openid-configuration') ? open.discovery : { keys: open.published }
  }
  const logins = createLogins(settings, {
    fetchJson,
    checkSignature,
    clock: {
      now: () => startSeconds * 1_000 + elapsedMs,
      monotonicMs: () => elapsedMs,
      after(_delayMs, action) {
        const timer = setTimeout(action, 1)
        return () => clearTimeout(timer)
      },
    },
    secrets: { digest: (data) => createHash('sha256').update(data).digest() },
  })
  const open: OpenLogins = {
    logins,
    fetched,
    published: keys.map(({ jwk }) => jwk),
    discovery: { issuer, jwks_uri: `${issuer}/keys` },
    advance(milliseconds) {
      elapsedMs += milliseconds
    },
    async verify(token, header = 'authorization') {
      try {
        const result = await logins.verify(token, header)
        return result === undefined ? 'unknown' : result.kind === 'refused' ? result.reason : result
      } catch (error) {
        return error
      }
    },
  }
  return open
}

export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}
