import type { LoginSettings, Settings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { noLimits } from '../../metering/limits.ts'
import { loginPrefix } from '../../storage/key-ids.ts'
import { type ApiKey, noGrants } from '../../storage/key-store.ts'
import { isRevoked } from '../../storage/revocation-store.ts'
import { toRules } from '../../storage/sql/ledger/create-key-chain-cache.ts'
import type { Caller, Credentials } from '../call/call.ts'
import type { LoginResult, Logins, RefusedLogin, VerifiedLogin } from '../call/logins.ts'
import type { Ports, TokenMaker } from '../call/ports.ts'
import { authorizeOrigin } from './authorize.ts'
import { tokenRevoked } from './user-caller.ts'
import { digestOfUser, ownerOf, policyDefaults } from './user-key.ts'

interface FoundLogin {
  readonly kind: 'found'
  readonly caller: Caller
}

type LoginCaller = FoundLogin | RefusedLogin | undefined

/**
 * Returns the caller of a login; undefined if the request has no token of one. A token in `Authorization` precedes one in
 * a header of its own, which a proxy adds to every request. Synchronous for a token that was seen before. Throws or
 * rejects as {@link Logins.verify} does, and with GatewayError `token_revoked`, `origin_not_allowed` or
 * `store_unavailable`.
 */
export function findLoginCaller(
  credentials: Credentials,
  logins: Logins,
  ports: Ports,
): LoginCaller | Promise<LoginCaller> {
  const { token, loginToken } = credentials
  const result =
    token !== undefined
      ? logins.verify(token, 'authorization')
      : loginToken && logins.verify(loginToken.value, loginToken.header)
  const find = (verified: LoginResult) => findVerified(verified, credentials, ports)
  return result instanceof Promise ? result.then(find) : find(result)
}

function findVerified(
  verified: LoginResult,
  credentials: Credentials,
  ports: Ports,
): LoginCaller | Promise<LoginCaller> {
  if (verified?.kind !== 'verified') return verified
  const { keys, settings } = ports
  const login = settings.logins.find(({ name }) => name === verified.name)
  if (keys === undefined || login === undefined) return undefined
  const keyId = `${loginPrefix}${login.name}`
  const known = keys.makers.peek(keyId)
  if (known !== undefined) return admit(verified, login, known.found, credentials, ports)
  return keys.makers.find(keyId).then((maker) => admit(verified, login, maker, credentials, ports))
}

function admit(
  verified: VerifiedLogin,
  login: LoginSettings,
  maker: TokenMaker | undefined,
  credentials: Credentials,
  { secrets, settings }: Pick<Ports, 'secrets' | 'settings'>,
): FoundLogin {
  const found = toCaller(verified, login, secrets)
  const { userToken } = found.caller
  if (maker === undefined || (userToken && isRevoked(maker.revocations, userToken))) throw tokenRevoked()
  if (login.header !== undefined && login.grants.origins === undefined) checkOwnPage(credentials, settings)
  if (found.caller.key !== undefined) authorizeOrigin(found.caller.key, credentials)
  return found
}

/**
 * S44: a proxy adds its header to the requests of every page, because it goes by a cookie. A page of another site could
 * spend its visitor's money by a form, which needs no preflight. Throws GatewayError `origin_not_allowed`.
 */
function checkOwnPage({ origin, host }: Credentials, { server, cors }: Pick<Settings, 'server' | 'cors'>): void {
  if (origin === undefined || origin === server.publicUrl || cors.origins.includes(origin)) return
  if (host !== undefined && URL.parse(origin)?.host === host.toLowerCase()) return
  throw new GatewayError(
    'origin_not_allowed',
    `Pages from ${JSON.stringify(origin.slice(0, 100))} may not use a login that a proxy adds to requests. Add the page's origin to the \`origins\` of the login, or to CORS_ORIGINS; \`*\` is not enough here.`,
  )
}

/** Cached per verified token, because every call needs the same caller; a reload verifies each token again. */
const callers = new WeakMap<VerifiedLogin, FoundLogin>()

function toCaller(verified: VerifiedLogin, login: LoginSettings, secrets: Ports['secrets']): FoundLogin {
  const known = callers.get(verified)
  if (known !== undefined) return known
  const { tokenId: id, endUser, issuedAt, expiresAt, tier } = verified
  const policy = toPolicyKey(login, tier)
  const userDigest = digestOfUser(policy.id, endUser, secrets)
  const caller: Caller = {
    owner: ownerOf(policy.id, endUser, id),
    keyId: policy.id,
    key: { key: policy, ancestors: [] },
    userToken: { kind: 'login', id, endUser, userDigest, issuedAt, expiresAt, sessionId: undefined, tags: [] },
    rules: [toRules(policy)],
    isAnonymous: false,
  }
  const found = { kind: 'found', caller } as const
  callers.set(verified, found)
  return found
}

/** Returns the policy of a login as a key: one that the configuration describes instead of a store. */
function toPolicyKey({ name, grants, limits = noLimits, perUser, tiers }: LoginSettings, index?: number): ApiKey {
  const tier = index === undefined ? undefined : tiers[index]
  const { models = grants.models, operations = grants.operations } = tier ?? {}
  const id = `${loginPrefix}${name}`
  return {
    ...policyDefaults,
    id,
    rootId: id,
    name: id,
    grants: { ...noGrants, models, operations, origins: grants.origins },
    limits,
    perUser: tier?.perUser ?? perUser,
  }
}
