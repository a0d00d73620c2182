// Ids to which usage is attributed. None contains a slash, which separates a key from its end users, tokens and networks.
// Callers without limits have other names: `token`, `local`, `anonymous` and `operator`.

/** Prefix of the ids of virtual keys. */
const keyIdPrefix = 'key_'

/** Returns true for the id of a virtual key. */
export function isVirtualKey(keyId: string): boolean {
  return keyId.startsWith(keyIdPrefix)
}

/**
 * Id of the operator's account, which pays the attempts that serve no caller. It has no secret and no limits, and no key
 * may have its name.
 */
export const operatorId = 'operator'

/** Id of the policy for anonymous visitors. */
export const visitorsId = 'visitors'

/** Prefix of the ids of the policies for logins. */
export const loginPrefix = 'login:'

/** Returns true for the id of a policy of the configuration, which has limits like a virtual key. */
export function isPolicy(keyId: string): boolean {
  return keyId === visitorsId || keyId.startsWith(loginPrefix)
}
