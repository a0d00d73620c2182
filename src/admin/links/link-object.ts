import * as z from 'zod'
import { defaults } from '../../config/defaults.ts'
import { fields, stringOf, time } from '../../schema/field-types.ts'
import { count } from '../../schema/value-schemas.ts'
import type { Link } from '../../storage/link-store.ts'
import { newKeySchema, overlapLimit } from '../keys/key-object.ts'

const { linkSeconds, maxLinkSeconds } = defaults.admin

/** The key of a link: without a secret, because the claim mints it. */
export const linkedKeySchema = newKeySchema.omit({ secret: true }).describe('A new key, without its secret.')

/** The request that creates a link. */
export const newLinkSchema = fields({
  kind: z.literal('key', { error: 'must be `key`' }).describe('What the link gives: the secret of a key.'),
  key: linkedKeySchema.optional().describe('A new key. Send this or `key_id`.'),
  key_id: stringOf().optional().describe('An existing key, which gets a new secret.'),
  overlap_seconds: count(0, overlapLimit)
    .optional()
    .describe('How long the old secret of an existing key stays valid after the claim. Default: 86,400.'),
  expires_in: count(60, maxLinkSeconds)
    .optional()
    .describe(`Seconds until the link expires. Default: ${linkSeconds.toLocaleString('en')}.`),
}).describe('A new one-time link.')

const responseFields = {
  id: z.string(),
  object: z.literal('link'),
  kind: z.literal('key'),
  key_id: z.string(),
  created_by: z.string().describe('The name of the author, as in the audit log.'),
  created_at: time(),
  expires_at: time(),
  claimed_at: time().nullable().describe('Null until it is claimed.'),
}

/** A link in a response. */
export const linkSchema = z.strictObject(responseFields).describe('A one-time link.')

/** A link with its URL. */
export const linkWithUrlSchema = z
  .strictObject({
    ...responseFields,
    url: z.string().describe('The link, shown only here. Its token is behind `#`, which no server and no log sees.'),
  })
  .describe('A new one-time link with its URL.')

export const deletedLinkSchema = z
  .strictObject({ id: z.string(), object: z.literal('link.deleted'), deleted: z.literal(true) })
  .describe('A withdrawn link.')

export type LinkObject = Readonly<z.output<typeof linkSchema>>
export type LinkObjectWithUrl = Readonly<z.output<typeof linkWithUrlSchema>>

export function toLinkObject({ id, keyId, createdBy, createdAt, expiresAt, claimedAt }: Link): LinkObject {
  return {
    id,
    object: 'link',
    kind: 'key',
    key_id: keyId,
    created_by: createdBy,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
    claimed_at: claimedAt === undefined ? null : new Date(claimedAt).toISOString(),
  }
}
