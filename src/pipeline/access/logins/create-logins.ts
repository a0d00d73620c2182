import type { LoginSettings } from '../../../config/settings.ts'
import { createBoundedMap } from '../../../core/bounded-map.ts'
import type { Clock } from '../../../core/clock.ts'
import { toHex } from '../../../core/to-hex.ts'
import type { Secrets } from '../../call/ports.ts'
import { checkClaims, toleranceMs } from './check-claims.ts'
import { type CheckSignature, checkByWebCrypto } from './check-signature.ts'
import type { FetchJson } from './fetch-json.ts'
import { createIssuerKeys, createSecretKey, type IssuerKeys, type LoginKey } from './issuer-keys.ts'
import { headerProblem, type LoginToken, readLoginToken } from './login-token.ts'

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

export interface LoginPorts {
  readonly fetchJson: FetchJson
  readonly clock: Clock
  readonly secrets: Pick<Secrets, 'digest'>
  /** Undefined: with WebCrypto. */
  readonly checkSignature?: CheckSignature
}

interface Seen {
  readonly verified: VerifiedLogin
  readonly key: LoginKey
  readonly keys: IssuerKeys
  readonly header: string
}

/** Some 4,000 tokens of 2 KB; a token that was forgotten is verified again. */
const seenBytes = 8 * 1_024 * 1_024
/** A token's entry, beside its text. */
const entryBytes = 400
const maxIdLength = 128

/** Creates the logins of one configuration; the keys of their issuers are fetched at first use. */
export function createLogins(settings: readonly LoginSettings[], ports: LoginPorts): Logins {
  const { clock, secrets, checkSignature = checkByWebCrypto } = ports
  const logins = settings.map((login) => ({
    login,
    header: login.header ?? 'authorization',
    keys:
      login.secret === undefined
        ? createIssuerKeys(login, ports)
        : createSecretKey(login.secret, login.algorithms[0] ?? ''),
  }))
  // Only genuine tokens enter, so strangers cannot evict them.
  const seen = createBoundedMap<string, Seen>(seenBytes, (_entry, token) => token.length + entryBytes)

  function verifyUnseen(text: string, headerName: string): LoginResult | Promise<LoginResult> {
    const token = readLoginToken(text)
    if (token === undefined) return undefined
    const found = logins.find(({ login, header }) => login.issuer === token.issuer && header === headerName)
    if (found === undefined) return undefined
    const problem = headerProblem(token.header, found.login.algorithms)
    if (problem !== undefined) return refuse(problem)
    const algorithm = String(token.header.alg)
    const key = found.keys.find(token.header.kid, algorithm)
    if (key instanceof Promise) return key.then((loaded) => verifyWith(loaded, algorithm, token, found))
    return verifyWith(key, algorithm, token, found)
  }

  function verifyWith(
    key: LoginKey | undefined,
    algorithm: string,
    token: LoginToken,
    found: (typeof logins)[number],
  ): LoginResult | Promise<LoginResult> {
    const cryptoKey = key?.algorithms.get(algorithm)
    if (key === undefined || cryptoKey === undefined) return refuse('key')
    const admit = (isGenuine: boolean) => (isGenuine ? accept(key, token, found) : refuse('signature'))
    const isGenuine = checkSignature(token, cryptoKey, algorithm)
    return isGenuine instanceof Promise ? isGenuine.then(admit) : admit(isGenuine)
  }

  function accept(key: LoginKey, token: LoginToken, { login, keys, header }: (typeof logins)[number]): VerifiedLogin {
    const { user, issuedAt, expiresAt, tier } = checkClaims(token.claims, login, clock.now())
    const { jti } = token.claims
    const verified: VerifiedLogin = {
      kind: 'verified',
      name: login.name,
      endUser: isShort(user) ? user : `sha256:${toHex(secrets.digest(user))}`,
      // The signature is left out: some algorithms allow several for one text.
      tokenId: isShort(jti) ? jti : `sha256:${toHex(secrets.digest(token.text.slice(0, token.signedLength)))}`,
      issuedAt,
      expiresAt: expiresAt + toleranceMs,
      tier,
    }
    seen.set(token.text, { verified, key, keys, header })
    return verified
  }

  return {
    headers: [...new Set(settings.flatMap(({ header }) => header ?? []))],
    verify(token, headerName) {
      const known = seen.get(token)
      const isGood =
        known !== undefined &&
        known.header === headerName &&
        known.key.isCurrent &&
        clock.now() < known.verified.expiresAt &&
        known.keys.isFresh()
      return isGood ? known.verified : verifyUnseen(token, headerName)
    },
  }
}

function refuse(reason: string): RefusedLogin {
  return { kind: 'refused', reason: `login: ${reason}` }
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxIdLength && value.isWellFormed()
}
