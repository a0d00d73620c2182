import type { Settings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { isLoopbackAuthority, isLoopbackOrigin } from '../../core/loopback.ts'
import { toHex } from '../../core/to-hex.ts'
import type { ApiKey, FoundKey } from '../../storage/key-store.ts'
import type { Caller, Credentials } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { adminPrefix, isAdminToken } from './admin-secret.ts'
import { authorizeOrigin } from './authorize.ts'
import { looksSigned } from './client-tokens.ts'
import { findLoginCaller } from './login-caller.ts'
import { tokenStart } from './logins/login-token.ts'
import { tokenHolderOf } from './token-holder.ts'
import { findUserCaller } from './user-caller.ts'

const local: Caller = { owner: 'local', keyId: 'local', isAnonymous: false }
const anonymous: Caller = { owner: 'anonymous', keyId: 'anonymous', isAnonymous: true }

/** The prefix of each key that Weir creates. */
export const secretPrefix = 'sk-weir-'

/**
 * Authenticates a caller; synchronously, unless a key must be read from the store. Throws or rejects with GatewayError
 * `invalid_api_key`, `access_not_configured`, `origin_not_allowed`, `address_not_allowed`, `header_not_allowed`,
 * `store_unavailable`, `issuer_unavailable`, `proof_required` or `token_…`.
 */
export function authenticate(credentials: Credentials, ports: Ports): Caller | Promise<Caller> {
  const caller = findCaller(credentials, ports)
  if (caller instanceof Promise) {
    return caller.then((found) => {
      credentials.connection?.accept()
      return found
    })
  }
  credentials.connection?.accept()
  return caller
}

function findCaller(credentials: Credentials, ports: Ports): Caller | Promise<Caller> {
  const { access } = ports.settings
  if (credentials.ownKey !== undefined && !access.bringYourOwnKey) {
    throw new GatewayError(
      'header_not_allowed',
      'This server does not accept `x-openai-key`. Leave the header out, or ask the operator to set BRING_YOUR_OWN_KEY=true.',
    )
  }
  const { token } = credentials
  if (token !== undefined && looksSigned(token)) return findTokenCaller(token, credentials, ports)
  // Most calls have a key, which begins otherwise.
  const isKey = token !== undefined && !token.startsWith(tokenStart)
  if (ports.logins === undefined || isKey) return findKeyCaller(credentials, ports)
  const presented = token ?? credentials.loginToken?.value ?? ''
  const login = findLoginCaller(credentials, ports.logins, ports)
  const orOther = (found: Awaited<typeof login>) => {
    if (found === undefined) return findKeyCaller(credentials, ports)
    if (found.kind === 'refused') throw invalidKey(presented, ports, found.reason)
    return found.caller
  }
  return login instanceof Promise ? login.then(orOther) : orOther(login)
}

function findKeyCaller(credentials: Credentials, ports: Ports): Caller | Promise<Caller> {
  const { settings, secrets, keys } = ports
  const { access } = settings
  const { token } = credentials
  if (token === undefined || (access.token === undefined && keys === undefined))
    return anonymousCaller(credentials, ports)
  const digest = secrets.digest(token)
  if (access.token !== undefined) {
    const holder = tokenHolderOf(access, access.token, secrets)
    // S16: digests of equal length are compared, in constant time.
    if (secrets.equal(digest, holder.digest)) return holder.caller
  }
  if (keys === undefined) return admitKey(undefined, token, digest, credentials, ports)
  // S14 S19: the key lookup is by the whole digest, no character of which the caller can choose.
  const hash = toHex(digest)
  const cached = keys.cache.peek(hash)
  if (cached !== undefined) return admitKey(cached.found, token, digest, credentials, ports)
  return keys.cache.find(hash).then((found) => admitKey(found, token, digest, credentials, ports))
}

/** A string that looks like a user token is nothing else: it never makes an anonymous caller. */
function findTokenCaller(token: string, credentials: Credentials, ports: Ports): Caller | Promise<Caller> {
  const claims = ports.clientTokens?.verify(token)
  const found = claims && findUserCaller(claims, credentials, ports)
  const thumbprint = claims?.keyThumbprint
  const orRefuse = (caller: Caller | undefined) => {
    if (caller === undefined) throw invalidToken()
    return caller
  }
  if (thumbprint !== undefined)
    return Promise.resolve(found).then(async (caller) => {
      await ports.proofs.check(credentials.proof, token, thumbprint)
      return orRefuse(caller)
    })
  return found instanceof Promise ? found.then(orRefuse) : orRefuse(found)
}

/** S84: returns the one error for every user token that this server did not sign, or whose maker is gone. */
function invalidToken(): GatewayError {
  return new GatewayError('invalid_api_key', 'The token is not valid on this server. Request a new one.')
}

/** S84: returns the one error for every rejected key, whatever the reason, which only the log shows. */
export function invalidKey(
  presented: string,
  { settings, keys }: Pick<Ports, 'settings' | 'keys'>,
  reason?: string,
): GatewayError {
  // Keys contain no spaces, so showing the last characters would not help.
  if (/\s/.test(presented)) {
    const hint = /^bearer\s/i.test(presented) ? ' `Bearer` belongs in `Authorization` only.' : ''
    return new GatewayError(
      'invalid_api_key',
      `The key contains a space.${hint} Send it as \`Authorization: Bearer …\`, or alone in \`x-api-key\`.`,
    )
  }
  const hasToken = settings.access.token !== undefined
  const right = [...(hasToken ? ['the server’s TOKEN'] : []), ...(keys === undefined ? [] : ['a key of this server'])]
  const hint = `${separateHint(settings)}${hasToken ? '' : ' This server has no TOKEN.'}`
  // S23: the last four characters of a long key help its owner identify it; nothing of a short key is shown.
  const ending = presented.length >= 16 ? ` that ends in ${JSON.stringify(presented.slice(-4))}` : ''
  return new GatewayError(
    'invalid_api_key',
    `The key${ending} is not valid here. Send ${right.join(' or ')} as \`Authorization: Bearer …\`.${hint}`,
    reason === undefined ? {} : { reason },
  )
}

/** Callers of a provider that takes their own credential have it in the header in which others send the key. */
function separateHint({ providers }: Settings): string {
  return providers.some(({ passesCallerCredentials }) => passesCallerCredentials === true)
    ? ' Beside a credential of your own for a provider, send it as `x-weir-key`.'
    : ''
}

/** Rejects an unknown, disabled or expired key with the same error (S84), and a key that is also ADMIN_TOKEN (S76). */
function admitKey(
  found: FoundKey | undefined,
  presented: string,
  digest: Uint8Array,
  credentials: Credentials,
  ports: Ports,
): Caller {
  if (found === undefined && isServedWithoutKey(credentials, presented, ports.settings))
    return anonymousCaller(credentials, ports)
  if (found === undefined || isAdminToken(digest, ports) || !isUsable(found, ports.clock.now()))
    throw invalidKey(presented, ports)
  authorizeOrigin(found, credentials)
  const { id } = found.key
  return { owner: `key:${id}`, keyId: id, key: found, isAnonymous: false }
}

function isUsable({ key, ancestors, secret }: FoundKey, now: number): boolean {
  const isOver = (expiresAt: number | undefined) => expiresAt !== undefined && expiresAt <= now
  const isActive = ({ isDisabled, expiresAt }: ApiKey) => !isDisabled && !isOver(expiresAt)
  return isActive(key) && ancestors.every(isActive) && !isOver(secret.expiresAt)
}

/**
 * True for an unknown key on a server that requires none, because clients insist on sending one. False for a key with
 * Weir's own prefix, whose holder counts on its limits, and for an admin secret, which belongs nowhere else (S76).
 */
function isServedWithoutKey({ isLocal, isHttp10 }: Credentials, presented: string, { access }: Settings): boolean {
  const isOwn = presented.startsWith(secretPrefix) || presented.startsWith(adminPrefix)
  const isServedHere = access.servesLocal && isLocal && isHttp10 !== true
  return access.token === undefined && (access.allowAnonymous || isServedHere) && !isOwn
}

function anonymousCaller(credentials: Credentials, { settings, keys }: Ports): Caller {
  const { access, cors } = settings
  if (access.token !== undefined) {
    const problem = credentials.tokenProblem ?? 'No key was sent.'
    throw new GatewayError(
      'invalid_api_key',
      `${problem} Send yours as \`Authorization: Bearer …\`.${separateHint(settings)}`,
    )
  }
  if (access.allowAnonymous) return anonymous
  checkLocal(credentials, access.servesLocal, cors.origins, keys !== undefined)
  return local
}

/**
 * Without TOKEN and ALLOW_ANONYMOUS, only programs on this machine are served without a key.
 * - Web pages run on this machine, too: any site that the user visits could otherwise spend the keys, directly (Origin)
 *   or by a name that resolves to 127.0.0.1 (Host, S38).
 * - A proxy on this machine that adds no header would open the server to everyone. One that speaks HTTP/1.0, as nginx
 *   did up to 1.29.6, is recognised by that. In production no caller is served without a key (case D10).
 */
function checkLocal(
  credentials: Credentials,
  servesLocal: boolean,
  origins: readonly string[],
  hasKeys: boolean,
): void {
  const { isLocal, isHttp10, host, origin, tokenProblem } = credentials
  if (!servesLocal || !isLocal || isHttp10 === true || host === undefined || !isLoopbackAuthority(host)) {
    if (hasKeys && tokenProblem !== undefined) {
      throw new GatewayError(
        'invalid_api_key',
        `${tokenProblem} Send a key of this server as \`Authorization: Bearer …\`.`,
      )
    }
    const others = hasKeys ? 'Other callers need one of its keys: send it as `Authorization: Bearer …`. ' : ''
    const reason = servesLocal
      ? 'so it serves only its own machine'
      : 'and NODE_ENV is `production`, so every call needs a key'
    const version =
      isLocal && isHttp10 === true ? 'HTTP/1.0 is treated as a proxy’s: a local program must use HTTP/1.1. ' : ''
    throw new GatewayError(
      'access_not_configured',
      `This server has no TOKEN, ${reason}. ${version}${others}Set TOKEN to a secret of your own and send it as \`Authorization: Bearer …\`, or set ALLOW_ANONYMOUS=true to serve everyone.`,
    )
  }
  if (origin === undefined || origins.includes(origin) || isLoopbackOrigin(origin)) return
  throw new GatewayError(
    'origin_not_allowed',
    `Pages from ${JSON.stringify(origin.slice(0, 100))} may not use this server, which has no TOKEN. Set TOKEN, or add the page's origin to CORS_ORIGINS.`,
  )
}
