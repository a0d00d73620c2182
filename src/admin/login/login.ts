import { defaults } from '../../config/defaults.ts'
import type { AdminLoginSettings } from '../../config/settings.ts'
import { encodeBase64, encodeBase64Url } from '../../core/base64.ts'
import { GatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { toHex } from '../../core/to-hex.ts'
import type { Person } from '../../storage/people-store.ts'
import { requirePeople } from '../admin-session.ts'
import type { AdminPorts } from '../administration.ts'
import { appendAudit, auditStranger } from '../audit.ts'
import { toEmail } from '../people/person-object.ts'
import { tooManyAttempts } from '../throttle.ts'
import { fetchJson, issuerUnavailable } from './fetch-json.ts'
import { type IssuerMetadata, issuerOf } from './issuer.ts'
import { type IdTokenClaims, readVerifiedEmail, verifyIdToken } from './verify-id-token.ts'

/** The start of a sign-in: where the browser goes, and what its cookie holds. */
export interface StartedLogin {
  readonly url: string
  readonly cookie: string
}

/** The provider's answer, as the browser carries it in the query of the redirect. */
export interface LoginResponse {
  readonly code: string | undefined
  readonly state: string | undefined
  readonly iss: string | undefined
  readonly error: string | undefined
}

/**
 * Starts a sign-in by the authorization code flow with PKCE. Nothing is stored: state, nonce and code verifier are
 * derived from a secret that only the cookie of this browser has, so strangers cannot fill a store. Rejects with
 * GatewayError `issuer_unavailable`.
 */
export async function startLogin(settings: AdminLoginSettings, ports: AdminPorts): Promise<StartedLogin> {
  const { authorizationEndpoint } = await issuerOf(settings).metadata(ports)
  const cookie = `${ports.clock.now()}.${ports.secrets.randomHex(32)}`
  const { state, nonce, verifier } = derive(cookie, ports)
  const url = new URL(authorizationEndpoint)
  const params = {
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: settings.redirectUri,
    scope: 'openid email profile',
    state,
    nonce,
    code_challenge: encodeBase64Url(ports.secrets.digest(verifier)),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value)
  return { url: url.href, cookie }
}

/**
 * Completes a sign-in and returns its person. Only people that exist may sign in: by the account that is stored for
 * them, or the first time by their verified e-mail address, which stores the account. Rejects with GatewayError
 * `login_failed`, `permission_denied` for an account of no person, `too_many_attempts`, `issuer_unavailable`,
 * `storage_not_configured` or `store_unavailable`. The audit log has each refusal, up to a hundred an hour.
 */
export async function completeLogin(
  response: LoginResponse,
  cookie: string | undefined,
  address: string | undefined,
  settings: AdminLoginSettings,
  ports: AdminPorts,
): Promise<Person> {
  const { guestThrottle: throttle } = ports.admin
  requirePeople(ports)
  const refuse = async (error: GatewayError, detail: JsonObject, isAudited = throttle.failed(address)) => {
    if (isAudited) await auditStranger({ action: 'session.refused', detail }, { address }, ports).catch(() => {})
    throw error
  }
  const { code, state, iss, error } = response
  const started = readCookie(cookie, ports)
  // Not counted as a failed attempt. Any page can cause this request with an image, and could lock its reader out.
  if (started === undefined || state === undefined || !isEqual(state, started.state, ports))
    return refuse(loginFailed(), { reason: 'state' }, throttle.refused())
  const waitMs = throttle.waitMs(address)
  if (waitMs > 0) throw tooManyAttempts(waitMs, 'Too many sign-ins failed.')
  const issuer = issuerOf(settings)
  const metadata = await issuer.metadata(ports)
  // RFC 9207: a response of another provider must not be taken for one of this provider.
  if (iss === undefined ? metadata.namesIssuer : iss !== settings.issuer)
    return refuse(loginFailed(), { reason: 'iss' })
  if (error !== undefined || code === undefined)
    return refuse(loginFailed(), { reason: error === undefined ? 'code' : 'denied' })
  const tokens = await redeem(code, started.verifier, metadata, settings, ports)
  if (typeof tokens?.id_token !== 'string') return refuse(loginFailed(), { reason: 'code' })
  const expectation = { ...settings, nonce: started.nonce, now: ports.clock.now() }
  let result = await verifyIdToken(tokens.id_token, await issuer.keys(ports, false), expectation)
  if (result.kind === 'unknown_key')
    result = await verifyIdToken(tokens.id_token, await issuer.keys(ports, true), expectation)
  if (result.kind !== 'valid') return refuse(loginFailed(), { reason: result.reason })
  const { subject } = result.claims
  const email = result.claims.verifiedEmail ?? (await fetchEmail(result.claims, tokens, metadata, ports))
  const person = await findPerson({ issuer: settings.issuer, subject }, email, ports)
  if (person === undefined || person.isDisabled) {
    const detail = { reason: 'person', issuer: settings.issuer, subject, ...(email !== undefined && { email }) }
    return refuse(noAccess(), detail)
  }
  throttle.succeeded(address)
  return person
}

/** The values of a sign-in in progress. None of them reveals another. */
function derive(cookie: string, { secrets }: Pick<AdminPorts, 'secrets'>) {
  const part = (name: string) => toHex(secrets.digest(`${name}.${cookie}`))
  return { state: part('state'), nonce: part('nonce'), verifier: part('verifier') }
}

function readCookie(cookie: string | undefined, ports: AdminPorts) {
  const [, startedAt] = /^(\d{1,15})\.[0-9a-f]{64}$/.exec(cookie ?? '') ?? []
  const age = ports.clock.now() - Number(startedAt)
  if (cookie === undefined || startedAt === undefined || age < 0 || age > defaults.admin.loginMs) return undefined
  return derive(cookie, ports)
}

function isEqual(left: string, right: string, { secrets }: Pick<AdminPorts, 'secrets'>): boolean {
  return secrets.equal(secrets.digest(left), secrets.digest(right))
}

/** Redeems the code. Returns undefined if the provider refuses it. */
async function redeem(
  code: string,
  verifier: string,
  { tokenEndpoint, postsSecret }: IssuerMetadata,
  { clientId, clientSecret, redirectUri }: AdminLoginSettings,
  ports: AdminPorts,
): Promise<JsonObject | undefined> {
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
  const usesHeader = clientSecret !== undefined && !postsSecret
  if (!usesHeader) form.set('client_id', clientId)
  if (clientSecret !== undefined && postsSecret) form.set('client_secret', clientSecret)
  const headers = usesHeader ? { authorization: toBasic(clientId, clientSecret) } : {}
  const { status, body } = await fetchJson({ url: tokenEndpoint, form, headers }, ports)
  // The secret of this server is wrong: no person can change that.
  if (body?.error === 'invalid_client') throw issuerUnavailable(new Error('the provider refused client_secret'))
  return status === 200 ? body : undefined
}

/** RFC 6749 2.3.1: both parts are encoded as in a form first. */
function toBasic(clientId: string, clientSecret: string): string {
  const encode = (value: string) => new URLSearchParams({ '': value }).toString().slice(1)
  return `Basic ${encodeBase64(new TextEncoder().encode(`${encode(clientId)}:${encode(clientSecret)}`))}`
}

/** Some providers put the e-mail address into their userinfo only. Its `sub` must be that of the verified token. */
async function fetchEmail(
  { subject }: IdTokenClaims,
  tokens: JsonObject,
  { userinfoEndpoint }: IssuerMetadata,
  ports: AdminPorts,
): Promise<string | undefined> {
  if (userinfoEndpoint === undefined || typeof tokens.access_token !== 'string') return undefined
  const headers = { authorization: `Bearer ${tokens.access_token}` }
  const { status, body } = await fetchJson({ url: userinfoEndpoint, headers }, ports)
  return status === 200 && body?.sub === subject ? readVerifiedEmail(body) : undefined
}

async function findPerson(
  account: { readonly issuer: string; readonly subject: string },
  email: string | undefined,
  ports: AdminPorts,
): Promise<Person | undefined> {
  const { people } = requirePeople(ports)
  const known = await people.findByAccount(account)
  if (known !== undefined) return known
  const address = email === undefined ? undefined : toEmail(email)
  const invited = address === undefined ? undefined : await people.findByEmail(address)
  // An address can be reassigned: a person who has an account is never found by it.
  if (invited === undefined || invited.account !== undefined || invited.isDisabled) return undefined
  const person = await people.claimAccount(invited.id, account, ports.clock.now())
  if (person !== undefined)
    await appendAudit(
      { action: 'person.link', subject: person.id, detail: { ...account } },
      { actor: ports.admin.actor, address: undefined, person },
      ports,
    )
  return person
}

/** S84: the same for every reason. The audit log has the reason. */
function loginFailed(): GatewayError {
  return new GatewayError('login_failed', 'The sign-in failed. Start it again from this server’s page.')
}

function noAccess(): GatewayError {
  return new GatewayError(
    'permission_denied',
    'You are signed in at the provider, but your account has no access to this server. Ask an owner to add it.',
  )
}
