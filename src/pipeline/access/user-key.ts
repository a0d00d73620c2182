import { toHex } from '../../core/to-hex.ts'
import { noLimits } from '../../metering/limits.ts'
import type { ApiKey } from '../../storage/key-store.ts'
import { userSubject } from '../../storage/ledger/decide-admission.ts'
import type { UserToken } from '../call/call.ts'
import type { ClientClaims } from '../call/client-tokens.ts'
import type { Secrets } from '../call/ports.ts'

/** The fields of a key that is made for a user token or a policy instead of being stored. */
export const policyDefaults: Omit<ApiKey, 'id' | 'rootId' | 'name' | 'grants'> = {
  parentId: undefined,
  isDisabled: false,
  expiresAt: undefined,
  limits: noLimits,
  perUser: undefined,
  isShadow: false,
  defaultMaxTokens: undefined,
  labels: {},
  createdAt: 0,
  updatedAt: 0,
}

/** Longer names are stored as their digest, so different names stay distinct. */
export const maxEndUserLength = 128

/** Returns the stored form of an end user's name. */
export function toEndUser(name: string, secrets: Pick<Secrets, 'digest'>): string {
  return name.length <= maxEndUserLength && name.isWellFormed() ? name : `sha256:${toHex(secrets.digest(name))}`
}

/** Returns the owner of the sessions and images of an end user of a key, or of a token without an end user. */
export function ownerOf(keyId: string, endUser: string, tokenId: string): string {
  return endUser === '' ? `key:${keyId}/token:${tokenId}` : `key:${keyId}/user:${endUser}`
}

/** Returns {@link TokenIdentity.userDigest}. */
export function digestOfUser(keyId: string, endUser: string, { digest }: Pick<Secrets, 'digest'>): string {
  return endUser === '' ? '' : toHex(digest(userSubject(keyId, endUser)))
}

export function toUserToken(kind: UserToken['kind'], claims: ClientClaims): UserToken {
  const { id, endUser, userDigest, issuedAt, expiresAt, sessionId, tags } = claims
  return { kind, id, endUser, userDigest, issuedAt, expiresAt, sessionId, tags }
}
