import * as z from 'zod'
import { GatewayError } from '../../core/errors.ts'
import { toHex } from '../../core/to-hex.ts'
import { storageNotConfigured } from '../../pipeline/call/require-ports.ts'
import { fields, stringOf } from '../../schema/field-types.ts'
import type { LinkClaim } from '../../storage/link-store.ts'
import type { AdminPorts } from '../administration.ts'
import { auditStranger } from '../audit.ts'
import { parseInput } from '../keys/input.ts'
import { createKeyAdmin } from '../keys/key-admin.ts'

/** The request that claims a link. */
export const claimSchema = fields({ token: stringOf().describe('The part of the link behind `#`.') }).describe(
  'The claim of a one-time link.',
)

/** The secret of a claimed link. */
export const claimedSecretSchema = z
  .strictObject({
    object: z.literal('claim'),
    kind: z.literal('key'),
    key_id: z.string(),
    name: z.string().describe('The name of the key.'),
    secret: z.string().describe('The secret, shown only here.'),
  })
  .describe('The secret of a claimed link.')

export type ClaimedSecret = Readonly<z.output<typeof claimedSecretSchema>>

/**
 * Claims a link: mints the secret of its key and returns it this once. Of several concurrent claims exactly one
 * succeeds. Rejects with GatewayError `link_used` for the second claim of a valid link; with the same `link_not_found`
 * for a link that is unknown, expired, withdrawn or whose key is deleted; with `too_many_attempts` after many of these
 * from one address; `invalid_value`, `missing_required_parameter`, `storage_not_configured` or `store_unavailable`.
 */
export async function claimLink(
  input: unknown,
  address: string | undefined,
  ports: AdminPorts,
): Promise<ClaimedSecret> {
  const { admin, clock, secrets } = ports
  const { guestThrottle: throttle } = admin
  if (admin.people === undefined) throw storageNotConfigured()
  const { links } = admin.people
  const { token } = parseInput(claimSchema, input)
  const isToken = /^[0-9a-f]{64}$/.test(token)
  const claim = isToken ? await links.claim(toHex(secrets.digest(token)), clock.now()) : noLink
  if (claim.kind === 'used')
    throw new GatewayError('link_used', 'This link was already used. If not by you, tell its author at once.')
  if (claim.kind === 'unknown') {
    // A valid link is never throttled, or strangers of the same network could block it. A token has 256 bits.
    const waitMs = throttle.waitMs(address)
    if (waitMs > 0) throw tooMany(waitMs)
    throttle.failed(address)
    throw unknownLink()
  }
  throttle.succeeded(address)
  const { link } = claim
  const keys = createKeyAdmin(ports, ({ subject, detail }) =>
    auditStranger(
      { action: 'link.claim', subject, detail: { ...detail, link_id: link.id, created_by: link.createdBy } },
      { address, author: 'link' },
      ports,
    ),
  )
  try {
    const { id, name, secret } = await keys.rotate(link.keyId, { overlap_seconds: link.overlapSeconds })
    return { object: 'claim', kind: 'key', key_id: id, name, secret: secret ?? '' }
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'key_not_found') {
      // Otherwise a second claim would look like one that another person had won.
      await links.delete(link.id)
      throw unknownLink()
    }
    // The secret was not shown, so the link may be used again.
    await links.release(link.id).catch(() => {})
    throw error
  }
}

const noLink: LinkClaim = { kind: 'unknown' }

function unknownLink(): GatewayError {
  return new GatewayError('link_not_found', 'This link is not valid, or no longer. Ask its author for another one.')
}

function tooMany(waitMs: number): GatewayError {
  const seconds = Math.ceil(waitMs / 1_000)
  return new GatewayError(
    'too_many_attempts',
    `Too many links of this address were not valid. Try again in ${seconds} s.`,
    {
      headers: { 'retry-after': String(seconds), 'retry-after-ms': String(Math.ceil(waitMs)) },
    },
  )
}
