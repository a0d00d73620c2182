import type { Settings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { toHex } from '../../core/to-hex.ts'
import type { ApiKey, FoundKey } from '../../storage/key-store.ts'
import type { Caller, Credentials } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { adminPrefix, isAdminToken } from './admin-secret.ts'
import { authorizePlace } from './authorize.ts'

const local: Caller = { owner: 'local', keyId: 'local', isAnonymous: false }
const anonymous: Caller = { owner: 'anonymous', keyId: 'anonymous', isAnonymous: true }

/** What the keys begin with that Weir makes itself. */
export const keyPrefix = 'sk-weir-'

/**
 * Decides who may call; at once, unless a key has to be looked up. Throws or rejects with GatewayError `invalid_api_key`,
 * `access_not_configured`, `origin_not_allowed`, `address_not_allowed`, `header_not_allowed` or `store_unavailable`.
 */
export function authenticate(credentials: Credentials, ports: Ports): Caller | Promise<Caller> {
  const { access } = ports.settings
  if (credentials.ownKey !== undefined && !access.bringYourOwnKey) {
    throw new GatewayError(
      'header_not_allowed',
      'This server does not take `x-openai-key`. Leave the header out, or ask its operator to set BRING_YOUR_OWN_KEY=true.',
    )
  }
  const { token } = credentials
  if (token === undefined || (access.token === undefined && ports.keys === undefined))
    return admitWithoutKey(credentials, ports)
  const digest = ports.secrets.digest(token)
  const known = access.token === undefined ? undefined : tokenCallerOf(access, access.token, ports.secrets)
  // S16: digests of equal length are compared, in constant time.
  if (known !== undefined && ports.secrets.equal(digest, known.digest)) return known.caller
  return findKeyCaller({ credentials, presented: token, digest }, ports)
}

interface PresentedKey {
  readonly credentials: Credentials
  readonly presented: string
  readonly digest: Uint8Array
}

/** S14 S19: what is looked up is the whole digest, of which the caller chooses no character. */
function findKeyCaller(key: PresentedKey, ports: Ports): Caller | Promise<Caller> {
  const cache = ports.keys?.cache
  if (cache === undefined) return toCaller(undefined, key, ports)
  const hash = toHex(key.digest)
  const known = cache.peek(hash)
  return known === undefined
    ? cache.find(hash).then((found) => toCaller(found, key, ports))
    : toCaller(known.found, key, ports)
}

/** S84: a key that is unknown, disabled or expired is refused in the same words, and so is a key that is ADMIN_TOKEN too (S76). */
function toCaller(found: FoundKey | undefined, { credentials, presented, digest }: PresentedKey, ports: Ports): Caller {
  if (found === undefined && isServedWithoutKey(credentials, presented, ports.settings))
    return admitWithoutKey(credentials, ports)
  if (found === undefined || isAdminToken(digest, ports) || !isUsable(found, ports.clock.now()))
    throw invalidKey(presented, ports)
  authorizePlace(found, credentials)
  const { id } = found.key
  return { owner: `key:${id}`, keyId: id, key: found, isAnonymous: false }
}

/** S84: the one refusal of a key that was sent, whatever is wrong with it. */
export function invalidKey(presented: string, { settings, keys }: Pick<Ports, 'settings' | 'keys'>): GatewayError {
  const hasToken = settings.access.token !== undefined
  const right = [...(hasToken ? ['the server’s TOKEN'] : []), ...(keys === undefined ? [] : ['a key of this server'])]
  const hint = hasToken ? '' : ' Its operator has set no TOKEN.'
  return new GatewayError(
    'invalid_api_key',
    `The key${lastCharacters(presented)} is not valid here. Send ${right.join(' or ')} as \`Authorization: Bearer …\`.${hint}`,
  )
}

/** S23: of a long key the last four characters help its owner find it; of a short one nothing is shown. */
function lastCharacters(key: string): string {
  return key.length >= 16 ? ` that ends in ${JSON.stringify(key.slice(-4))}` : ''
}

function isUsable({ key, ancestors, secret }: FoundKey, now: number): boolean {
  const isActive = ({ isDisabled, expiresAt }: ApiKey) => !isDisabled && !isOver(expiresAt, now)
  return isActive(key) && ancestors.every(isActive) && !isOver(secret.expiresAt, now)
}

function isOver(expiresAt: number | undefined, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

/**
 * Clients insist on sending some key, so a server that asks for none overlooks one that it does not know. Not one of its own making,
 * whose limits somebody counts on, and not the secret of the admin API, which belongs nowhere else (S76).
 */
function isServedWithoutKey({ isLocal }: Credentials, presented: string, { access }: Settings): boolean {
  const isOwn = presented.startsWith(keyPrefix) || presented.startsWith(adminPrefix)
  return access.token === undefined && (access.allowAnonymous || isLocal) && !isOwn
}

function admitWithoutKey(credentials: Credentials, { settings, keys }: Ports): Caller {
  const { access, cors } = settings
  if (access.token !== undefined) {
    throw new GatewayError('invalid_api_key', 'No key was sent. Send yours as `Authorization: Bearer …`.')
  }
  if (access.allowAnonymous) return anonymous
  checkLocal(credentials, cors.origins, keys !== undefined)
  return local
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
  const caller = { owner: `key:${toHex(digest)}`, keyId: 'token', isAnonymous: false }
  const made = { digest, caller }
  tokenCallers.set(access, made)
  return made
}

/**
 * With neither TOKEN nor ALLOW_ANONYMOUS, only programs on this machine are served without a key. A web page runs on this machine too: any
 * site that the user visits could otherwise spend the keys, directly (Origin) or through a name that resolves to 127.0.0.1 (Host, S38).
 */
function checkLocal({ isLocal, host, origin }: Credentials, origins: readonly string[], hasKeys: boolean): void {
  if (!isLocal || !isLoopbackHost(host)) {
    const others = hasKeys ? 'Others need one of its keys: send it as `Authorization: Bearer …`. ' : ''
    throw new GatewayError(
      'access_not_configured',
      `This server has no TOKEN, so it serves only its own machine. ${others}Set TOKEN to a secret of your own and send it as \`Authorization: Bearer …\`, or set ALLOW_ANONYMOUS=true to serve everyone.`,
    )
  }
  if (origin === undefined || origins.includes(origin) || isLoopbackOrigin(origin)) return
  throw new GatewayError(
    'origin_not_allowed',
    `Pages from ${JSON.stringify(origin.slice(0, 100))} may not use this server, which has no TOKEN. Set TOKEN, or add the page's origin to CORS_ORIGINS.`,
  )
}

/** Whether a page came from this machine. */
export function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/(.+)$/.exec(origin)
  return match !== null && isLoopbackHost(match[1])
}

function isLoopbackHost(host: string | undefined): boolean {
  return (
    host !== undefined &&
    /^(localhost|[a-z0-9-]+\.localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i.test(host)
  )
}
