import { toHex } from '../../core/to-hex.ts'
import { adminPrefix, isAdminToken } from '../../pipeline/access/admin-secret.ts'
import { secretPrefix } from '../../pipeline/access/authenticate.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { tokenProblem } from '../../schema/text-problems.ts'
import type { KeySecret } from '../../storage/key-store.ts'
import { refuse } from './input.ts'

/** A new secret of a key. */
interface NewSecret {
  readonly stored: KeySecret
  /** The secret for the response; null if the request sent it. */
  readonly shown: string | null
}

/** Maximum length of a hint's start: the prefix and 4 characters. */
const hintStartLimit = secretPrefix.length + 4

/**
 * Creates a secret of 256 random bits, or imports one. Only its hash is stored (S17). Throws GatewayError
 * `invalid_value` for an imported secret that can be guessed or that a header cannot contain.
 */
export function createSecret(
  imported: string | null | undefined,
  now: number,
  ports: Pick<Ports, 'secrets' | 'settings'>,
): NewSecret {
  const { secrets } = ports
  const secret = imported ?? `${secretPrefix}${secrets.randomHex(32)}`
  const digest = secrets.digest(secret)
  if (secret === imported) {
    const message = problemOf(secret) ?? takenProblem(secret, digest, ports)
    refuse(message === undefined ? undefined : { path: 'secret', message })
  }
  // S23: a hint shows at most a sixth of the secret and its last four characters.
  const hint = `${secret.slice(0, Math.min(hintStartLimit, Math.floor(secret.length / 6)))}…${secret.slice(-4)}`
  return {
    stored: { hash: toHex(digest), hint, createdAt: now, expiresAt: undefined },
    shown: secret === imported ? null : secret,
  }
}

/** Minimum characters; a shorter secret can be guessed. */
const lengthMinimum = 16
/** Maximum characters; servers limit header sizes. */
const lengthLimit = 512

function problemOf(secret: string): string | undefined {
  if (secret.length < lengthMinimum || secret.length > lengthLimit)
    return `must have ${lengthMinimum} to ${lengthLimit} characters`
  return tokenProblem(secret)
}

/**
 * Returns a problem if TOKEN or the admin secret is the same. TOKEN is checked before keys, so such a key would never
 * match; and no key may open the admin API (S76).
 */
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
