import { toHex } from '../../core/to-hex.ts'
import { adminPrefix, isAdminToken } from '../../pipeline/access/admin-secret.ts'
import { keyPrefix } from '../../pipeline/access/authenticate.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { tokenProblem } from '../../schema/text-problems.ts'
import type { KeySecret } from '../../storage/key-store.ts'
import { refuse } from './field-problem.ts'

/** A secret as it is kept, and itself where it was made here and has to be told. */
export interface MadeSecret {
  readonly kept: KeySecret
  readonly told: string | null
}

/** Shorter ones are guessed, even where many of them are tried at once. */
const lengthMinimum = 16
/** Headers are limited too. */
const lengthLimit = 512
/** Of a long secret, its prefix and 4 characters more. */
const hintLimit = keyPrefix.length + 4

/**
 * A new secret of 256 random bits, or one that is brought from elsewhere. Only its hash is kept (S17).
 * Throws GatewayError `invalid_value` for one that could be guessed, or that a header cannot hold.
 */
export function createSecret(
  brought: string | null | undefined,
  now: number,
  { secrets, settings }: Pick<Ports, 'secrets' | 'settings'>,
): MadeSecret {
  const secret = brought ?? `${keyPrefix}${secrets.randomHex(32)}`
  if (brought !== undefined && brought !== null) {
    const message = problemOf(brought) ?? takenProblem(brought, { secrets, settings })
    refuse(message === undefined ? undefined : { path: 'secret', message })
  }
  const kept = { hash: toHex(secrets.digest(secret)), hint: toHint(secret), createdAt: now, expiresAt: undefined }
  return { kept, told: secret === brought ? null : secret }
}

function problemOf(secret: string): string | undefined {
  if (secret.length < lengthMinimum || secret.length > lengthLimit)
    return `must have ${lengthMinimum} to ${lengthLimit} characters, so that it can be sent and not be guessed`
  return tokenProblem(secret)
}

/** TOKEN comes first, so that a key with the same secret would never be found; and no key opens the admin API (S76). */
function takenProblem(secret: string, { secrets, settings }: Pick<Ports, 'secrets' | 'settings'>): string | undefined {
  const digest = secrets.digest(secret)
  const { token } = settings.access
  if (token !== undefined && secrets.equal(digest, secrets.digest(token))) return 'is the TOKEN of this server'
  const isAdmin = secret.startsWith(adminPrefix) || isAdminToken(digest, { secrets, settings })
  return isAdmin ? 'is a secret of the admin API' : undefined
}

/** S23: never more than a sixth of it and its last four characters. */
function toHint(secret: string): string {
  return `${secret.slice(0, Math.min(hintLimit, Math.floor(secret.length / 6)))}…${secret.slice(-4)}`
}
