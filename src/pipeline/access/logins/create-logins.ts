import type { LoginSettings } from '../../../config/settings.ts'
import { createBoundedMap } from '../../../core/bounded-map.ts'
import type { Clock } from '../../../core/clock.ts'
import { toHex } from '../../../core/to-hex.ts'
import type { LoginResult, Logins, RefusedLogin, VerifiedLogin } from '../../call/logins.ts'
import type { Secrets } from '../../call/ports.ts'
import { toEndUser } from '../user-key.ts'
import { checkClaims, toleranceMs } from './check-claims.ts'
import { type CheckSignature, checkByWebCrypto } from './check-signature.ts'
import type { FetchJson } from './fetch-json.ts'
import { createIssuerKeys, createSecretKey, type IssuerKeys, type LoginKey } from './issuer-keys.ts'
import { headerProblem, type LoginToken, readLoginToken } from './login-token.ts'

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
      endUser: toEndUser(user, secrets),
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
