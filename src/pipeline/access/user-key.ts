import { noLimits } from '../../metering/limits.ts'
import type { ApiKey } from '../../storage/key-store.ts'
import type { UserToken } from '../call/call.ts'
import type { ClientClaims } from '../call/client-tokens.ts'

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

/** Returns the owner of the sessions and images of an end user of a key, or of a token without an end user. */
export function ownerOf(keyId: string, endUser: string, tokenId: string): string {
  return endUser === '' ? `key:${keyId}/token:${tokenId}` : `key:${keyId}/user:${endUser}`
}

export function toUserToken(kind: UserToken['kind'], claims: ClientClaims): UserToken {
  const { id, endUser, issuedAt, expiresAt, sessionId, tags } = claims
  return { kind, id, endUser, issuedAt, expiresAt, sessionId, tags }
}
