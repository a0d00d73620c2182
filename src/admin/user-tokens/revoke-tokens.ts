import type * as z from 'zod'
import { GatewayError } from '../../core/errors.ts'
import { dayMs } from '../../core/time.ts'
import { digestOfUser } from '../../pipeline/access/user-key.ts'
import type { Caller } from '../../pipeline/call/call.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { requireKeys } from '../../pipeline/call/require-ports.ts'
import { toEndUser } from '../../pipeline/metering/read-labels.ts'
import { toInstant } from '../../schema/field-types.ts'
import { isPolicy, isVirtualKey } from '../../storage/key-ids.ts'
import { maxRevocations, type Revocation } from '../../storage/revocation-store.ts'
import { parseInput, refuse } from '../keys/input.ts'
import { unknownKey } from '../keys/key-admin.ts'
import { adminRevocationSchema, ownRevocationSchema, type revocationSchema } from './client-token-schemas.ts'
import { requireClientTokens } from './mint-client-token.ts'

export type RevocationObject = z.output<typeof revocationSchema>

/**
 * How long a revocation is kept. A client token lives a day at most, and the longest session of a known issuer a month
 * (Cloudflare Access).
 */
const keptMs = 32 * dayMs

/**
 * Revokes tokens of the caller's key. Rejects with GatewayError `permission_denied`, `invalid_value`,
 * `missing_required_parameter`, `storage_not_configured` or `store_unavailable`.
 */
export async function revokeOwnTokens(input: unknown, caller: Caller, ports: Ports): Promise<RevocationObject> {
  if (caller.userToken !== undefined || caller.isAnonymous)
    throw new GatewayError(
      'permission_denied',
      'Only the holder of a key may revoke its tokens. Send the key of your server.',
    )
  const { keyId } = caller
  return revoke({ ...toOwnRevocation(input, keyId, ports), issuedUntil: ports.clock.now() }, ports)
}

function toOwnRevocation(input: unknown, keyId: string, ports: Ports): Pick<Revocation, 'keyId' | 'scope'> {
  const { token, id, end_user: endUser, all } = parseInput(ownRevocationSchema, input)
  if ([token, id, endUser, all].filter((value) => value !== undefined && value !== null).length !== 1)
    refuse({ path: '', message: 'must set one of `token`, `id`, `end_user` and `all`' })
  if (typeof endUser === 'string') return { keyId, scope: toUserScope(keyId, endUser, ports) }
  if (typeof id === 'string') return { keyId, scope: { kind: 'token', tokenId: id } }
  if (typeof token !== 'string') return { keyId, scope: { kind: 'key' } }
  const claims = requireClientTokens(ports).verify(token)
  if (claims?.keyId !== keyId)
    throw new GatewayError('invalid_value', 'token was not minted by this key. Send one of its own.', {
      param: 'token',
    })
  return { keyId, scope: { kind: 'token', tokenId: claims.id } }
}

/**
 * Revokes tokens of any key, for an administrator. Rejects with GatewayError `key_not_found`, `invalid_value`,
 * `storage_not_configured` or `store_unavailable`.
 */
export async function revokeTokens(input: unknown, ports: Ports): Promise<RevocationObject> {
  const request = parseInput(adminRevocationSchema, input)
  const { id, end_user: endUser, issued_before: before } = request
  const keyId = request.key_id ?? undefined
  if (keyId === undefined && (id || endUser))
    refuse({ path: 'key_id', message: 'is required with `id` and with `end_user`' })
  if (id && endUser) refuse({ path: 'id', message: 'cannot be combined with `end_user`. Send one of them' })
  if (keyId !== undefined) await checkMaker(keyId, ports)
  const now = ports.clock.now()
  const until = before ? toInstant(before) : now
  if (until === undefined || until > now)
    refuse({
      path: 'issued_before',
      message: 'must be a past date and time with its zone, such as 2030-01-31T00:00:00Z',
    })
  const scope: Revocation['scope'] =
    endUser && keyId ? toUserScope(keyId, endUser, ports) : id ? { kind: 'token', tokenId: id } : { kind: 'key' }
  return revoke({ keyId, scope, issuedUntil: until ?? now }, ports)
}

/** A mistyped id would revoke nothing, and the tokens would seem revoked. */
async function checkMaker(keyId: string, ports: Pick<Ports, 'keys'>): Promise<void> {
  if (keyId === 'token' || isPolicy(keyId)) return
  if (!isVirtualKey(keyId))
    refuse({ path: 'key_id', message: 'must be the id of a key, or `token`, `visitors` or `login:<name>`' })
  if ((await requireKeys(ports).store.find(keyId)) === undefined) throw unknownKey(keyId)
}

function toUserScope(keyId: string, endUser: string, { secrets }: Pick<Ports, 'secrets'>): Revocation['scope'] {
  return { kind: 'user', userDigest: digestOfUser(keyId, toEndUser(endUser, secrets), secrets) }
}

/** Revokes the tokens of an end user, who is erased. */
export async function revokeUser(keyId: string, endUser: string, ports: RevokingPorts): Promise<void> {
  await revoke({ keyId, scope: toUserScope(keyId, endUser, ports), issuedUntil: ports.clock.now() }, ports)
}

type RevokingPorts = Pick<Ports, 'keys' | 'clock' | 'secrets'>

async function revoke(
  { keyId, scope, issuedUntil }: Omit<Revocation, 'expiresAt'>,
  ports: Pick<Ports, 'keys' | 'clock'>,
): Promise<RevocationObject> {
  const keys = requireKeys(ports)
  const now = ports.clock.now()
  if (!(await keys.revocations.add({ keyId, scope, issuedUntil, expiresAt: now + keptMs }, now)))
    throw new GatewayError(
      'invalid_value',
      `The key already has ${maxRevocations} revocations of single tokens and end users. Revoke all of its tokens instead.`,
    )
  keys.forget()
  return {
    object: 'revocation',
    key_id: keyId ?? null,
    id: scope.kind === 'token' ? scope.tokenId : null,
    end_user_sha256: scope.kind === 'user' ? scope.userDigest : null,
    issued_until: issuedUntil,
  }
}
