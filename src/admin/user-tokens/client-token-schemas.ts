import * as z from 'zod'
import { grantFields } from '../../config/grant-fields.ts'
import { budgetSchema, limitsInputSchema, limitsSchema } from '../../config/limit-fields.ts'
import { maxEndUserLength } from '../../pipeline/access/user-key.ts'
import { maxTags } from '../../pipeline/call/read-tags.ts'
import { amount, fields, stringOf } from '../../schema/field-types.ts'
import { emptyProblem } from '../../schema/text-problems.ts'
import { count } from '../../schema/value-schemas.ts'

const textLength = 128
const secondsLimit = 86_400
const requestsLimit = 1_000_000

const tagSchema = z
  .record(
    stringOf((name) =>
      /^[\w.-]{1,64}$/.test(name) ? undefined : 'must have 1 to 64 letters, digits, `_`, `.` or `-`',
    ),
    z.union([stringOf(textProblem), z.number(), z.boolean()], { error: 'must be a string, a number, true or false' }),
    { error: 'must be an object' },
  )
  .refine((tags) => Object.keys(tags).length <= maxTags, { error: `must have at most ${maxTags} entries` })

/** The request that mints a client token. */
export const newClientTokenSchema = fields({
  end_user: stringOf(endUserProblem)
    .nullish()
    .describe('Your own id of the user. Sessions, images and the limits `per_user` of the key belong to it.'),
  models: grantFields.models.nullish().describe('Patterns of allowed models. Default: those of the key.'),
  operations: grantFields.operations.nullish().describe('Patterns of allowed operations. Default: those of the key.'),
  origins: grantFields.origins
    .nullish()
    .describe('Exact origins of the pages that may use it. It keeps out other pages, not programs.'),
  max_usd: amount()
    .nullish()
    .describe('The most that the token can spend. Null is as much as the key. Default: `client_tokens.default_usd`.'),
  max_requests: count(1, requestsLimit).nullish().describe('The most requests that the token can send.'),
  limits: limitsInputSchema.nullish().describe('Further limits of the token, as those of a key.'),
  expires_in: count(10, secondsLimit).nullish().describe('Lifetime in seconds.'),
  expires_after: fields({
    anchor: z.literal('created_at', { error: 'must be `created_at`' }).optional(),
    seconds: count(10, secondsLimit),
  })
    .nullish()
    .describe('The same in the format of OpenAI’s client secrets.'),
  session_id: stringOf()
    .nullish()
    .describe('A session of the key. The token then uses this session only, and the key can read it.'),
  metadata: tagSchema.nullish().describe('Labels of each call in the usage reports.'),
  dpop_jkt: stringOf(thumbprintProblem)
    .nullish()
    .describe('The RFC 7638 thumbprint of a key of the page. Each request then needs a `DPoP` proof (RFC 9449).'),
}).describe('A new client token.')

/** A user token in a response. */
export const clientTokenSchema = z
  .strictObject({
    object: z.literal('client_token'),
    value: z.string().describe('The token, for `Authorization: Bearer …`. Shown only here.'),
    id: z.string(),
    created_at: z.int().describe('Seconds since 1970.'),
    expires_at: z.int().describe('Seconds since 1970.'),
    expires_in: z.int().describe('Seconds from now, for pages whose clock may be wrong.'),
    key_id: z.string(),
    end_user: z.string().nullable(),
    models: z.array(z.string()).readonly().nullable(),
    operations: z.array(z.string()).readonly().nullable(),
    origins: z.array(z.string()).readonly().nullable(),
    max_usd: z.number().nullable().describe('The most that a stolen token can spend. Null: as much as its key.'),
    max_requests: z.int().nullable(),
    limits: limitsSchema.extend({ budgets: z.array(budgetSchema) }),
    session_id: z.string().nullable(),
    metadata: z.array(z.string()).readonly().describe('The labels, each as `name:value`.'),
    token_type: z.enum(['Bearer', 'DPoP']),
  })
  .describe('A token of one end user, for a web page.')

/** The request of a key that revokes its own tokens. */
export const ownRevocationSchema = fields({
  token: stringOf().nullish().describe('The token itself, also an expired one.'),
  id: stringOf(tokenIdProblem).nullish().describe('The id of the token.'),
  end_user: stringOf(endUserProblem).nullish().describe('All tokens of this end user.'),
  all: z.literal(true, { error: 'must be true' }).nullish().describe('All tokens of the key and of the keys below it.'),
}).describe('Tokens to revoke. Set one field.')

export const revocationSchema = z
  .strictObject({
    object: z.literal('revocation'),
    key_id: z.string().nullable().describe('Null for every key.'),
    id: z.string().nullable(),
    end_user_sha256: z.string().nullable().describe('SHA-256 of `<key_id>/user:<end_user>`.'),
    issued_until: z.int().describe('Milliseconds since 1970. Tokens that were issued until then are refused.'),
  })
  .describe('Revoked tokens.')

/** The request of an administrator. */
export const adminRevocationSchema = fields({
  key_id: stringOf().nullish().describe('A virtual key, `token`, `visitors` or `login:<name>`. Default: every key.'),
  id: stringOf(emptyProblem).nullish().describe('One token of the key.'),
  end_user: stringOf(endUserProblem).nullish().describe('All tokens of this end user of the key.'),
  issued_before: stringOf().meta({ format: 'date-time' }).nullish().describe('Tokens issued before. Default: now.'),
}).describe('Tokens to revoke.')

function endUserProblem(name: string): string | undefined {
  if (name.length > 0 && name.length <= maxEndUserLength && name.isWellFormed()) return undefined
  return `must have 1 to ${maxEndUserLength} characters`
}

function textProblem(value: string): string | undefined {
  return value.length <= textLength && value.isWellFormed() ? undefined : `must have at most ${textLength} characters`
}

function thumbprintProblem(value: string): string | undefined {
  return /^[\w-]{43}$/.test(value) ? undefined : 'must be a SHA-256 thumbprint in base64url, of 43 characters'
}

function tokenIdProblem(id: string): string | undefined {
  return /^ct_[0-9a-f]{32}$/.test(id) ? undefined : 'is not the id of a client token, such as `ct_…`'
}
