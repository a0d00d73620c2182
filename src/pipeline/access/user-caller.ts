import type { Settings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { isVirtualKey, visitorsId } from '../../storage/key-ids.ts'
import { type ApiKey, type KeyWithAncestors, noGrants } from '../../storage/key-store.ts'
import { tokenSubject } from '../../storage/ledger/decide-admission.ts'
import { isRevoked } from '../../storage/revocation-store.ts'
import { toRules } from '../../storage/sql/ledger/create-key-chain-cache.ts'
import type { Caller, Credentials } from '../call/call.ts'
import type { ClientClaims } from '../call/client-tokens.ts'
import type { Ports, TokenMaker } from '../call/ports.ts'
import { authorizeOrigin } from './authorize.ts'
import { tokenHolderOf } from './token-holder.ts'
import { ownerOf, policyDefaults, toUserToken } from './user-key.ts'
import { toVisitorCaller } from './visitors.ts'

/**
 * Returns the caller of a token that Weir has signed; synchronously, unless its key must be read from the store. Throws
 * or rejects with GatewayError `token_expired`, `token_revoked`, `origin_not_allowed` or `store_unavailable`; returns
 * undefined if the server no longer accepts any token of its kind.
 */
export function findUserCaller(
  claims: ClientClaims,
  credentials: Credentials,
  ports: Ports,
): Caller | undefined | Promise<Caller | undefined> {
  const { keys, clock } = ports
  if (keys === undefined) return undefined
  if (claims.expiresAt <= clock.now()) throw tokenExpired()
  const known = keys.makers.peek(claims.keyId)
  if (known !== undefined) return admit(claims, known.found, credentials, ports)
  return keys.makers.find(claims.keyId).then((maker) => admit(claims, maker, credentials, ports))
}

export function tokenExpired(): GatewayError {
  return new GatewayError('token_expired', 'The token has expired. Request a new one.')
}

export function tokenRevoked(): GatewayError {
  return new GatewayError(
    'token_revoked',
    'The token was revoked, or the key that it acts for is disabled, deleted or expired. Request a new one.',
  )
}

function admit(
  claims: ClientClaims,
  maker: TokenMaker | undefined,
  credentials: Credentials,
  ports: Ports,
): Caller | undefined {
  if (maker === undefined || isRevoked(maker.revocations, claims)) throw tokenRevoked()
  const caller =
    claims.keyId === visitorsId ? toVisitorCaller(claims, credentials, ports) : toCaller(claims, maker, ports)
  if (caller?.key !== undefined) authorizeOrigin(caller.key, credentials)
  return caller
}

interface KnownCaller {
  readonly maker: TokenMaker
  readonly access: Settings['access']
  readonly caller: Caller
}

/** Cached per token, because every call needs the same caller while its key does not change. */
const knownCallers = new WeakMap<ClientClaims, KnownCaller>()

function toCaller(claims: ClientClaims, maker: TokenMaker, ports: Ports): Caller | undefined {
  const { access } = ports.settings
  const known = knownCallers.get(claims)
  if (known !== undefined && known.maker === maker && known.access === access) {
    if (!areActive(known.caller.key, ports.clock.now())) throw tokenRevoked()
    return known.caller
  }
  const owner = ownerOfMaker(claims, ports)
  if (owner === undefined) return undefined
  const caller = createCaller(claims, maker.key, owner)
  if (!areActive(caller.key, ports.clock.now())) throw tokenRevoked()
  knownCallers.set(claims, { maker, access, caller })
  return caller
}

/** Returns undefined if TOKEN made the user token and was replaced or removed since. */
function ownerOfMaker({ keyId, proof }: ClientClaims, { clientTokens, settings, secrets }: Ports): string | undefined {
  if (isVirtualKey(keyId)) return `key:${keyId}`
  const { token } = settings.access
  const isSame = token !== undefined && clientTokens?.isProofOf(token, proof) === true
  return isSame ? tokenHolderOf(settings.access, token, secrets).caller.owner : undefined
}

function areActive(key: KeyWithAncestors | undefined, now: number): boolean {
  return [key?.key, ...(key?.ancestors ?? [])].every(
    (each) => each === undefined || (!each.isDisabled && (each.expiresAt === undefined || now < each.expiresAt)),
  )
}

function createCaller(claims: ClientClaims, maker: KeyWithAncestors | undefined, makerOwner: string): Caller {
  const { keyId, endUser, sessionId } = claims
  const own = toTokenKey(claims, maker?.key)
  return {
    // A token that is bound to a session shares that session with its key, and nothing else.
    owner: sessionId === undefined ? ownerOf(keyId, endUser, claims.id) : makerOwner,
    keyId,
    key: { key: own, ancestors: maker === undefined ? [] : [maker.key, ...maker.ancestors] },
    userToken: toUserToken('client', claims),
    rules: [toRules(own)],
    isAnonymous: false,
  }
}

/** Returns the token as a key below its maker: a key that is signed instead of stored. */
function toTokenKey(claims: ClientClaims, maker: ApiKey | undefined): ApiKey {
  const { keyId, models, operations, origins } = claims
  return {
    ...policyDefaults,
    id: tokenSubject(keyId, claims.id),
    parentId: keyId,
    rootId: maker?.rootId ?? keyId,
    name: '',
    expiresAt: claims.expiresAt,
    grants: { ...noGrants, models, operations, origins },
    limits: claims.limits,
    defaultMaxTokens: maker?.defaultMaxTokens,
  }
}
