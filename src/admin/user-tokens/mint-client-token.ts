import type * as z from 'zod'
import { toGrant } from '../../config/grant-fields.ts'
import { toLimits, toLimitsObject } from '../../config/limit-fields.ts'
import { GatewayError } from '../../core/errors.ts'
import { toTimeOrderedId } from '../../core/time-ordered-id.ts'
import { toNano, toUsd } from '../../core/usd.ts'
import { type Limits, noLimits } from '../../metering/limits.ts'
import type { Caller } from '../../pipeline/call/call.ts'
import type { ClientTokens, NewClaims } from '../../pipeline/call/client-tokens.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { toTags } from '../../pipeline/call/read-tags.ts'
import { requireMetering, requireStorage } from '../../pipeline/call/require-ports.ts'
import { sessionsOf } from '../../pipeline/sessions/caller-sessions.ts'
import { isVirtualKey } from '../../storage/key-ids.ts'
import { type ApiKey, noGrants } from '../../storage/key-store.ts'
import { parseInput, refuse } from '../keys/input.ts'
import { checkKey } from '../keys/key-rules.ts'
import { type clientTokenSchema, newClientTokenSchema } from './client-token-schemas.ts'

export type ClientTokenObject = z.output<typeof clientTokenSchema>
type NewClientToken = z.output<typeof newClientTokenSchema>

/**
 * Mints a client token for an end user of the caller's key; it can never do more than the key (S35). Rejects with
 * GatewayError `permission_denied`, `client_tokens_not_configured`, `storage_not_configured`, `session_not_found`,
 * `invalid_value` or `missing_required_parameter`.
 */
export async function mintClientToken(input: unknown, caller: Caller, ports: Ports): Promise<ClientTokenObject> {
  checkMaker(caller)
  const tokens = requireClientTokens(ports)
  requireMetering(ports)
  const request = parseInput(newClientTokenSchema, input)
  const above = caller.key === undefined ? [] : [caller.key.key, ...caller.key.ancestors]
  if (typeof request.session_id === 'string') await sessionsOf(caller, ports).find(request.session_id)
  const claims = toClaims(request, caller, above, tokens, ports)
  const { models, operations, origins, limits } = claims
  const grants = { ...noGrants, models, operations, origins }
  checkKey({ grants, limits, namedLimits: limits, perUser: undefined, expiresAt: undefined }, emptyKey, above)
  return toClientTokenObject(claims, tokens.sign(claims), ports.clock.now())
}

const emptyKey = { limits: noLimits, perUser: undefined }

/**
 * Throws GatewayError `permission_denied`. Only a secret of this server makes and revokes tokens: neither a user token
 * nor a caller without a key.
 */
export function checkMaker({ keyId, userToken }: Caller): void {
  if (userToken === undefined && (isVirtualKey(keyId) || keyId === 'token')) return
  throw new GatewayError(
    'permission_denied',
    userToken === undefined
      ? 'Only the holder of a key may mint and revoke tokens. Create one with `weir keys create`, keep it on your server, and send it as `Authorization: Bearer …`.'
      : 'A user token cannot mint or revoke tokens. Send the key of your server.',
  )
}

/** Returns the signer, or throws GatewayError `client_tokens_not_configured`. */
export function requireClientTokens({ clientTokens, storage }: Pick<Ports, 'clientTokens' | 'storage'>): ClientTokens {
  if (clientTokens !== undefined) return clientTokens
  requireStorage({ storage })
  throw new GatewayError(
    'client_tokens_not_configured',
    'This server has no secret that signs tokens. Set CLIENT_TOKEN_SECRETS to the output of `openssl rand -hex 32`.',
  )
}

function toClaims(
  request: NewClientToken,
  caller: Caller,
  above: readonly ApiKey[],
  tokens: ClientTokens,
  { clock, secrets, settings }: Ports,
): NewClaims {
  const issuedAt = clock.now()
  const { models, operations, origins, metadata } = request
  return {
    id: toTimeOrderedId('ct', issuedAt, secrets.randomHex(10)),
    issuedAt,
    expiresAt: toExpiry(request, issuedAt, above, settings.clientTokens),
    keyId: caller.keyId,
    proof:
      settings.access.token === undefined || caller.key !== undefined
        ? undefined
        : tokens.proofOf(settings.access.token),
    endUser: request.end_user ?? '',
    models: models ? toGrant('models', models) : undefined,
    operations: operations ? toGrant('operations', operations) : undefined,
    origins: origins ? toGrant('origins', origins) : undefined,
    limits: toTokenLimits(request, above, settings.clientTokens.defaultNano),
    sessionId: request.session_id ?? undefined,
    tags: metadata ? toTags(metadata) : [],
    keyThumbprint: request.dpop_jkt ?? undefined,
  }
}

/** A token never outlives its key. */
function toExpiry(
  { expires_in: seconds, expires_after: after }: NewClientToken,
  issuedAt: number,
  above: readonly ApiKey[],
  { defaultMs, maxMs }: Ports['settings']['clientTokens'],
): number {
  if (typeof seconds === 'number' && after)
    refuse({ path: 'expires_after', message: 'means the same as `expires_in`. Send one of them' })
  const asked = seconds ?? after?.seconds
  const ms = asked === undefined ? defaultMs : asked * 1_000
  if (ms > maxMs)
    refuse({
      path: typeof seconds === 'number' ? 'expires_in' : 'expires_after.seconds',
      message: `must be at most ${maxMs / 1_000}, which is \`client_tokens.max_seconds\` of this server`,
    })
  const ends = above.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]))
  return Math.min(issuedAt + ms, ...ends)
}

/**
 * A token lives a day at most, so a limit per day is one for its lifetime. Without `max_usd`, the default budget
 * applies, or a lower one of the key.
 */
function toTokenLimits(
  { limits, max_usd: usd, max_requests: requests }: NewClientToken,
  above: readonly ApiKey[],
  defaultNano: number,
): Limits {
  const further = limits ? toLimits(limits) : noLimits
  if (requests && further.rates.some(({ unit, window }) => unit === 'requests' && window === 'day'))
    refuse({ path: 'max_requests', message: 'and `limits.requests_per_day` mean the same here. Send one of them' })
  const hasTotal = further.budgets.some(({ per }) => per === 'total')
  if (hasTotal && usd !== undefined)
    refuse({ path: 'max_usd', message: 'and a budget in total mean the same here. Send one of them' })
  const ofKeys = above.flatMap((key) => key.limits.budgets.map(({ limitNano }) => limitNano))
  const fallback = hasTotal ? undefined : Math.min(defaultNano, ...ofKeys)
  const nano = usd === undefined ? fallback : toNanoOf(usd)
  return {
    ...further,
    rates: requests ? [...further.rates, { unit: 'requests', window: 'day', limit: requests }] : further.rates,
    budgets:
      nano === undefined ? further.budgets : [...further.budgets, { per: 'total', limitNano: nano, timeZone: 'UTC' }],
  }
}

function toNanoOf(usd: number | null): number | undefined {
  return usd === null ? undefined : toNano(usd)
}

/** Returns the response for a signed token. */
export function toClientTokenObject(claims: NewClaims, value: string, now: number): ClientTokenObject {
  const { limits, expiresAt } = claims
  const total = limits.budgets.find(({ per }) => per === 'total')
  const requests = limits.rates.find(({ unit, window }) => unit === 'requests' && window === 'day')
  return {
    object: 'client_token',
    value,
    id: claims.id,
    created_at: Math.floor(claims.issuedAt / 1_000),
    expires_at: Math.floor(expiresAt / 1_000),
    expires_in: Math.round((expiresAt - now) / 1_000),
    key_id: claims.keyId,
    end_user: claims.endUser === '' ? null : claims.endUser,
    models: claims.models ?? null,
    operations: claims.operations ?? null,
    origins: claims.origins ?? null,
    max_usd: total === undefined ? null : toUsd(total.limitNano),
    max_requests: requests?.limit ?? null,
    limits: toLimitsObject(limits),
    session_id: claims.sessionId ?? null,
    metadata: claims.tags,
    token_type: claims.keyThumbprint === undefined ? 'Bearer' : 'DPoP',
  }
}
