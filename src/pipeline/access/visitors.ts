import type { VisitorSettings } from '../../config/settings.ts'
import { networkOf } from '../../core/ip-address.ts'
import type { KeyRules } from '../../metering/limits.ts'
import { visitorsId } from '../../storage/key-ids.ts'
import { type ApiKey, noGrants } from '../../storage/key-store.ts'
import { networkSubject } from '../../storage/ledger/decide-admission.ts'
import { toRules } from '../../storage/sql/ledger/create-key-chain-cache.ts'
import type { Caller, Credentials } from '../call/call.ts'
import type { ClientClaims } from '../call/client-tokens.ts'
import type { Ports } from '../call/ports.ts'
import { ownerOf, policyDefaults, toUserToken } from './user-key.ts'

/**
 * Returns the caller of a visitor token: an end user of the policy `visitors`, below the network of its address, whose
 * limits apply too. Undefined if the server admits no visitors.
 */
export function toVisitorCaller(
  claims: ClientClaims,
  { address }: Credentials,
  { settings }: Pick<Ports, 'settings'>,
): Caller | undefined {
  const { visitors } = settings
  if (visitors === undefined) return undefined
  const policy = policyOf(visitors)
  const network = toNetworkKey(address, visitors)
  return {
    owner: ownerOf(visitorsId, claims.endUser, claims.id),
    keyId: visitorsId,
    key: { key: network, ancestors: [policy.key] },
    userToken: toUserToken('visitor', claims),
    address,
    rules: [toRules(network), policy.rules],
    isAnonymous: false,
  }
}

interface VisitorPolicy {
  readonly key: ApiKey
  readonly rules: KeyRules
}

/** Cached per settings, because it is the same for every call. */
const policies = new WeakMap<VisitorSettings, VisitorPolicy>()

function policyOf(visitors: VisitorSettings): VisitorPolicy {
  const known = policies.get(visitors)
  if (known !== undefined) return known
  const { grants, limits, perVisitor } = visitors
  const key: ApiKey = {
    ...policyDefaults,
    id: visitorsId,
    rootId: visitorsId,
    name: visitorsId,
    grants: { ...noGrants, ...grants },
    limits,
    perUser: perVisitor,
  }
  const policy = { key, rules: toRules(key) }
  policies.set(visitors, policy)
  return policy
}

/** Visitors whose address is unknown share one network. */
function toNetworkKey(address: string | undefined, { perAddress }: VisitorSettings): ApiKey {
  const id = networkSubject(visitorsId, networkOf(address))
  return {
    ...policyDefaults,
    id,
    parentId: visitorsId,
    rootId: visitorsId,
    name: '',
    grants: noGrants,
    limits: perAddress,
  }
}
