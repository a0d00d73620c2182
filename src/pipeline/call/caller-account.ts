import type { PassedCredential, Provider } from '../../providers/provider.ts'
import type { Credentials } from './call.ts'

/** True if a call to this provider is paid by the caller's own account with it, and costs this server nothing. */
export function isCallersAccount(
  { ownKey }: Pick<Credentials, 'ownKey'>,
  { passesCallerCredentials }: Pick<Provider, 'passesCallerCredentials'>,
): boolean {
  return ownKey !== undefined || passesCallerCredentials
}

const none: readonly string[] = []

/**
 * Returns the caller's secrets with which an attempt is sent, with and without a scheme such as `Bearer`, because a
 * provider may repeat either; empty if a stored key pays.
 */
export function callerSecretsOf(
  ownKey: string | undefined,
  credential: PassedCredential | undefined,
): readonly string[] {
  if (ownKey === undefined && credential === undefined) return none
  const values = Object.values(credential ?? {}).flatMap((value) => [value, value.replace(/^\S+\s+/, '')])
  return ownKey === undefined ? values : [ownKey, ...values]
}
