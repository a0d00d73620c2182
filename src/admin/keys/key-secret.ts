import { toHex } from '../../core/to-hex.ts'
import { adminPrefix, isAdminToken } from '../../pipeline/access/admin-secret.ts'
import { secretPrefix } from '../../pipeline/access/authenticate.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { tokenProblem } from '../../schema/text-problems.ts'
import type { KeySecret } from '../../storage/key-store.ts'
import { refuse } from './input.ts'

/** The secret of a key. */
interface MadeSecret {
  /** For the store. */
  readonly kept: KeySecret
  /** For the response, where Weir made the secret; null where the request brought it. */
  readonly told: string | null
}

/** Of a long secret, its prefix and 4 characters more. */
const hintLimit = secretPrefix.length + 4

/**
 * A new secret of 256 random bits, or the one that a request brings. Only its hash is stored (S17).
 * Throws GatewayError `invalid_value` for a secret that can be guessed, or that a header cannot hold.
 */
export function createSecret(
  brought: string | null | undefined,
  now: number,
  ports: Pick<Ports, 'secrets' | 'settings'>,
): MadeSecret {
  const { secrets } = ports
  const secret = brought ?? `${secretPrefix}${secrets.randomHex(32)}`
  const digest = secrets.digest(secret)
  if (secret === brought) {
    const message = problemOf(secret) ?? takenProblem(secret, digest, ports)
    refuse(message === undefined ? undefined : { path: 'secret', message })
  }
  // S23: never more than a sixth of it and its last four characters.
  const hint = `${secret.slice(0, Math.min(hintLimit, Math.floor(secret.length / 6)))}…${secret.slice(-4)}`
  return {
    kept: { hash: toHex(digest), hint, createdAt: now, expiresAt: undefined },
    told: secret === brought ? null : secret,
  }
}

/** Shorter ones are guessed, even where many of them are tried at once. */
const lengthMinimum = 16
/** Headers are limited too. */
const lengthLimit = 512

function problemOf(secret: string): string | undefined {
  if (secret.length < lengthMinimum || secret.length > lengthLimit)
    return `must have ${lengthMinimum} to ${lengthLimit} characters, so that it can be sent and not be guessed`
  return tokenProblem(secret)
}

/** TOKEN comes first, so that a key with the same secret would never be found; and no key opens the admin API (S76). */
function takenProblem(
  secret: string,
  digest: Uint8Array,
  { secrets, settings }: Pick<Ports, 'secrets' | 'settings'>,
): string | undefined {
  const { token } = settings.access
  if (token !== undefined && secrets.equal(digest, secrets.digest(token))) return 'is the TOKEN of this server'
  const isAdmin = secret.startsWith(adminPrefix) || isAdminToken(digest, { secrets, settings })
  return isAdmin ? 'is a secret of the admin API' : undefined
}
