import type { Settings } from '../../config/settings.ts'
import { toHex } from '../../core/to-hex.ts'
import type { Caller } from '../call/call.ts'
import type { Secrets } from '../call/ports.ts'

/** Cached per access settings, because it is the same for every call. */
export interface TokenHolder {
  readonly digest: Uint8Array
  readonly caller: Caller
}

const tokenHolders = new WeakMap<Settings['access'], TokenHolder>()

/** Returns the caller who holds TOKEN, and the digest of TOKEN. */
export function tokenHolderOf(access: Settings['access'], token: string, secrets: Secrets): TokenHolder {
  const cached = tokenHolders.get(access)
  if (cached !== undefined) return cached
  const digest = secrets.digest(token)
  const holder = { digest, caller: { owner: `key:${toHex(digest)}`, keyId: 'token', isAnonymous: false } }
  tokenHolders.set(access, holder)
  return holder
}
