import { type CryptoKey, importJWK } from 'jose'
import { isIssuerUrl } from '../../../config/login-schema.ts'
import type { LoginSettings } from '../../../config/settings.ts'
import type { Clock } from '../../../core/clock.ts'
import { GatewayError } from '../../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { hourMs, minuteMs } from '../../../core/time.ts'
import type { FetchJson } from './fetch-json.ts'

/** A public key of an issuer, or the secret that it shares with this server. */
export interface LoginKey {
  /** False once the issuer has withdrawn the key. */
  isCurrent: boolean
  readonly algorithms: ReadonlyMap<string, CryptoKey>
}

/** The keys of one issuer. */
export interface IssuerKeys {
  /** False if the keys must be fetched before a token that was accepted earlier is accepted again. */
  isFresh(): boolean
  /**
   * Returns the key for a token's `kid` and algorithm; undefined if the issuer has none. Synchronous, unless the issuer
   * must be asked. Rejects with GatewayError `issuer_unavailable` if it cannot be, and no keys are known.
   */
  find(kid: unknown, algorithm: string): LoginKey | undefined | Promise<LoginKey | undefined>
}

/** A withdrawn key is refused after this time at the latest. */
const freshMs = 10 * minuteMs
/** An outage of the issuer must not stop its users; its keys rarely change within a day. */
const staleMs = 24 * hourMs
/** The least time between two fetches for unknown keys: strangers must not make Weir flood an issuer. */
const unknownMs = 30_000
/** The same after a failure: short while no keys are known, because all users wait. */
const retryMs = { withKeys: 30_000, withoutKeys: 2_000 }
const bounds = { maxBytes: 256 * 1_024, timeoutMs: 5_000 }
const keyCount = 50
/** Discovery and keys, one after the other. */
const fetchMs = 2 * bounds.timeoutMs
const pollMs = 20

interface KnownKeys {
  /** By `kid`; keys without one under ''. */
  readonly byId: ReadonlyMap<string, readonly LoginKey[]>
  /** By all that makes a key, so that an unchanged key stays the same object. */
  readonly byIdentity: ReadonlyMap<string, LoginKey>
}

/**
 * Creates the keys of an issuer with public keys.
 *
 * One request fetches for all: the others go on with the keys that are known, or wait by their own timers. They share no
 * promise, because a Worker's request must not wait for another request's I/O (S71).
 */
export function createIssuerKeys(
  login: LoginSettings,
  { clock, fetchJson }: { readonly clock: Clock; readonly fetchJson: FetchJson },
): IssuerKeys {
  let known: KnownKeys | undefined
  let checkedAt = Number.NEGATIVE_INFINITY
  let fetchingUntil = Number.NEGATIVE_INFINITY
  let retryAt = Number.NEGATIVE_INFINITY
  let unknownAt = Number.NEGATIVE_INFINITY
  let failure: unknown

  const isUsable = () => known !== undefined && clock.monotonicMs() < checkedAt + staleMs
  const isFetching = () => clock.monotonicMs() < fetchingUntil

  function isFresh(): boolean {
    const now = clock.monotonicMs()
    // While the issuer is asked, and for a while after it failed, the known keys are used.
    return isUsable() && (now < checkedAt + freshMs || now < retryAt || now < fetchingUntil)
  }

  async function fetchOnce(): Promise<void> {
    if (isFetching()) {
      const until = fetchingUntil
      while (fetchingUntil === until && isFetching()) await new Promise<void>((go) => void clock.after(pollMs, go))
      return
    }
    const until = clock.monotonicMs() + fetchMs
    fetchingUntil = until
    try {
      const next = await fetchKeys(login, fetchJson, known)
      for (const [identity, key] of known?.byIdentity ?? []) if (!next.byIdentity.has(identity)) key.isCurrent = false
      known = next
      checkedAt = clock.monotonicMs()
      failure = undefined
    } catch (error) {
      failure = error
      retryAt = clock.monotonicMs() + (isUsable() ? retryMs.withKeys : retryMs.withoutKeys)
    } finally {
      // A later fetch may have begun, if this request was suspended for long.
      if (fetchingUntil === until) fetchingUntil = Number.NEGATIVE_INFINITY
    }
  }

  function pick(kid: unknown, algorithm: string): LoginKey | undefined {
    if (known === undefined) return undefined
    if (typeof kid === 'string') return known.byId.get(kid)?.find(({ algorithms }) => algorithms.has(algorithm))
    // Without a `kid`, only an issuer with one such key leaves no choice.
    const fitting = [...known.byIdentity.values()].filter(({ algorithms }) => algorithms.has(algorithm))
    return kid === undefined && fitting.length === 1 ? fitting[0] : undefined
  }

  async function findSlowly(kid: unknown, algorithm: string): Promise<LoginKey | undefined> {
    const isBlocked = !isUsable() && !isFetching() && clock.monotonicMs() < retryAt
    if (!isBlocked) await fetchOnce()
    if (isUsable()) return pick(kid, algorithm)
    const cause = failure instanceof Error ? failure.message : 'no answer'
    throw new GatewayError(
      'issuer_unavailable',
      'This login cannot be checked now, because its issuer cannot be reached. Send the request again in a few seconds.',
      {
        headers: { 'retry-after': String(retryMs.withoutKeys / 1_000) },
        reason: `login ${login.name}: ${cause}`.slice(0, 300),
        cause: failure,
      },
    )
  }

  return {
    isFresh,
    find(kid, algorithm) {
      if (!isFresh()) return findSlowly(kid, algorithm)
      const found = pick(kid, algorithm)
      if (found !== undefined) return found
      const now = clock.monotonicMs()
      if (now < unknownAt && !isFetching()) return undefined
      unknownAt = now + unknownMs
      return findSlowly(kid, algorithm)
    },
  }
}

/** Creates the keys of an issuer that signs with a secret. */
export function createSecretKey(secret: string, algorithm: string): IssuerKeys {
  let key: LoginKey | undefined
  return {
    isFresh: () => true,
    find(_kid, requested) {
      if (requested !== algorithm) return undefined
      return (
        key ??
        importSecret(secret).then((imported) => {
          key ??= { isCurrent: true, algorithms: new Map([[algorithm, imported]]) }
          return key
        })
      )
    },
  }
}

function importSecret(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, true, [
    'verify',
  ])
}

async function fetchKeys(login: LoginSettings, fetchJson: FetchJson, known: KnownKeys | undefined): Promise<KnownKeys> {
  const document = await fetchJson(new URL(login.jwksUrl ?? (await discover(login, fetchJson))), bounds)
  const keys = isJsonObject(document) ? document.keys : undefined
  if (!Array.isArray(keys)) throw new Error('its JWKS has no list `keys`')
  if (keys.length > keyCount) throw new Error(`its JWKS has more than ${keyCount} keys`)
  const byId = new Map<string, LoginKey[]>()
  const byIdentity = new Map<string, LoginKey>()
  for (const jwk of keys) {
    const read = isJsonObject(jwk) ? readKey(jwk) : undefined
    if (read === undefined) continue
    const identity = JSON.stringify(read)
    const key = known?.byIdentity.get(identity) ?? (await importKey(read, login.algorithms))
    if (key.algorithms.size === 0) continue
    byIdentity.set(identity, key)
    byId.set(read.kid ?? '', [...(byId.get(read.kid ?? '') ?? []), key])
  }
  if (byIdentity.size === 0) throw new Error(`its JWKS has no key for ${login.algorithms.join(', ')}`)
  return { byId, byIdentity }
}

/** Returns `jwks_uri` of the discovery document, which must be the issuer's own. */
async function discover({ issuer }: LoginSettings, fetchJson: FetchJson): Promise<string> {
  const document = await fetchJson(new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`), bounds)
  if (!isJsonObject(document) || document.issuer !== issuer)
    throw new Error('its discovery document names another issuer')
  const { jwks_uri: url } = document
  if (!isIssuerUrl(url, issuer)) throw new Error('its discovery document has no https URL in `jwks_uri`')
  return url
}

/** The public members of a JWK. */
interface PublicJwk {
  readonly kty: string
  readonly kid: string | undefined
  readonly alg: string | undefined
  readonly members: Readonly<Record<string, string>>
}

/** Returns a key for signatures; undefined for any other, and for a secret, which must not be in a JWKS. */
function readKey(jwk: JsonObject): PublicJwk | undefined {
  const { kty, kid, alg, use, key_ops: operations } = jwk
  if (typeof kty !== 'string' || !Object.hasOwn(publicMembers, kty)) return undefined
  if (use !== undefined && use !== 'sig') return undefined
  if (Array.isArray(operations) && !operations.includes('verify')) return undefined
  const members = (publicMembers[kty] ?? []).map((name) => [name, jwk[name]] as const)
  if (!members.every((member): member is readonly [string, string] => typeof member[1] === 'string')) return undefined
  return {
    kty,
    kid: typeof kid === 'string' ? kid : undefined,
    alg: typeof alg === 'string' ? alg : undefined,
    members: Object.fromEntries(members),
  }
}

const publicMembers: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
}

const curves: Readonly<Record<string, string>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
}

/** Imports a key for each accepted algorithm of its type. An algorithm that the runtime lacks is left out. */
async function importKey({ kty, alg, members }: PublicJwk, accepted: readonly string[]): Promise<LoginKey> {
  const algorithms = new Map<string, CryptoKey>()
  for (const algorithm of accepted) {
    const isFitting = kty === 'RSA' ? /^[RP]S/.test(algorithm) : curves[members.crv ?? ''] === algorithm
    // RFC 9864 calls EdDSA on this curve Ed25519.
    const isIntended = alg === undefined || alg === algorithm || (alg === 'Ed25519' && algorithm === 'EdDSA')
    if (!isFitting || !isIntended) continue
    const key = await importJWK({ ...members, kty }, algorithm).catch(() => undefined)
    if (key === undefined || key instanceof Uint8Array || !isStrong(key)) continue
    algorithms.set(algorithm, key)
  }
  return { isCurrent: true, algorithms }
}

/** RFC 7518, section 3.3: RSA keys have at least 2,048 bits. Far longer ones would take milliseconds for each call. */
function isStrong({ algorithm }: CryptoKey): boolean {
  const bits = 'modulusLength' in algorithm ? algorithm.modulusLength : 2_048
  return typeof bits === 'number' && bits >= 2_048 && bits <= 8_192
}
