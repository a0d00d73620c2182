import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../core/errors.ts'
import { toHex } from '../core/to-hex.ts'
import type { Credentials } from './call.ts'
import type { Ports } from './ports.ts'

/** Who is calling, once that is known. */
export interface Caller {
  /** Stable, and different for every key: what the caller keeps belongs to it. Holds no secret. */
  readonly owner: string
  /** True where everybody is the same caller, so that what one kept cannot be listed by all. */
  readonly isAnonymous: boolean
}

const local: Caller = { owner: 'local', isAnonymous: false }
const anonymous: Caller = { owner: 'anonymous', isAnonymous: true }

/** Decides who may call. Throws GatewayError `invalid_api_key`, `access_not_configured`, `origin_not_allowed` or `header_not_allowed`. */
export function authenticate(credentials: Credentials, ports: Ports): Caller {
  const { access } = ports.settings
  if (credentials.ownKey !== undefined && !access.bringYourOwnKey) {
    throw new GatewayError(
      'header_not_allowed',
      'This server does not take `x-openai-key`. Leave the header out, or ask its operator to set BRING_YOUR_OWN_KEY=true.',
    )
  }
  if (access.token !== undefined) return checkToken(credentials.token, access.token, ports)
  if (access.allowAnonymous) return anonymous
  checkLocal(credentials, ports.settings.cors.origins)
  return local
}

/** S16: digests of equal length are compared, in constant time. S19: the owner is the whole digest. */
function checkToken(presented: string | undefined, expected: string, { secrets, settings: { access } }: Ports): Caller {
  if (presented === undefined) {
    throw new GatewayError('invalid_api_key', 'No key was sent. Send yours as `Authorization: Bearer …`.')
  }
  const known = tokenCallerOf(access, expected, secrets)
  if (!secrets.equal(secrets.digest(presented), known.digest)) {
    throw new GatewayError(
      'invalid_api_key',
      `The key${lastCharacters(presented)} is not valid here. Send the server's TOKEN as \`Authorization: Bearer …\`.`,
    )
  }
  return known.caller
}

interface TokenCaller {
  readonly digest: Uint8Array
  readonly caller: Caller
}

/** Both are the same for every call. */
const tokenCallers = new WeakMap<Settings['access'], TokenCaller>()

function tokenCallerOf(access: Settings['access'], token: string, secrets: Ports['secrets']): TokenCaller {
  const known = tokenCallers.get(access)
  if (known !== undefined) return known
  const digest = secrets.digest(token)
  const made = { digest, caller: { owner: `key:${toHex(digest)}`, isAnonymous: false } }
  tokenCallers.set(access, made)
  return made
}

/** S23: of a long key the last four characters help its owner find it; of a short one nothing is shown. */
function lastCharacters(key: string): string {
  return key.length >= 16 ? ` that ends in ${JSON.stringify(key.slice(-4))}` : ''
}

/**
 * With neither TOKEN nor ALLOW_ANONYMOUS, only programs on this machine are served. A web page runs on this machine too: any site that
 * the user visits could otherwise spend the keys, directly (Origin) or through a name that resolves to 127.0.0.1 (Host, S38).
 */
function checkLocal({ isLocal, host, origin }: Credentials, origins: readonly string[]): void {
  if (!isLocal || !isLoopbackHost(host)) {
    throw new GatewayError(
      'access_not_configured',
      'This server has no TOKEN, so it serves only its own machine. Set TOKEN to a secret of your own and send it as `Authorization: Bearer …`, or set ALLOW_ANONYMOUS=true to serve everyone.',
    )
  }
  if (origin === undefined || origins.includes(origin) || isLoopbackOrigin(origin)) return
  throw new GatewayError(
    'origin_not_allowed',
    `Pages from ${JSON.stringify(origin.slice(0, 100))} may not use this server, which has no TOKEN. Set TOKEN, or add the page's origin to CORS_ORIGINS.`,
  )
}

function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/(.+)$/.exec(origin)
  return match !== null && isLoopbackHost(match[1])
}

function isLoopbackHost(host: string | undefined): boolean {
  return (
    host !== undefined &&
    /^(localhost|[a-z0-9-]+\.localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i.test(host)
  )
}
