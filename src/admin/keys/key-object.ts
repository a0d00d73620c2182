import * as z from 'zod'
import { count } from '../../schema/value-schemas.ts'
import type { ApiKey, KeyChange, KeySecret } from '../../storage/key-store.ts'
import { fields, stringOf, time } from './field-types.ts'
import { allKeyFields, type KeyFieldName, type KnownFields, type keyFields } from './key-fields.ts'

/** Thirty days: a secret that is replaced must end at some time. */
const overlapLimit = 30 * 24 * 60 * 60

const inputs = shapeOf('input')
const secret = stringOf().nullish().describe('A secret that exists already elsewhere. If left out, Weir makes one.')

/** The request that makes a key. */
export const newKeySchema = fields({
  ...inputs,
  parent_id: stringOf().nullish().describe('The key above it. It cannot be changed later.'),
  secret,
}).describe('A new key.')

/** The request that changes a key. */
export const keyChangeSchema = fields({ ...inputs, name: inputs.name.optional() }).describe(
  'A JSON Merge Patch (RFC 7396): whatever is left out stays, also within `limits`, `per_user` and `labels`; null takes a value away; a list is replaced as a whole.',
)

/** The request that gives a key another secret. */
export const rotationSchema = fields({
  overlap_seconds: count(0, overlapLimit).nullish().describe('How long the old secret goes on; 86,400 if left out.'),
  secret,
}).describe('Another secret of a key.')

/** One secret of a key in a response. */
export const secretSchema = z
  .strictObject({ hint: z.string(), created_at: time(), expires_at: time().nullable() })
  .describe('One secret of a key: enough to recognise it by.')

const responseFields = {
  id: z.string(),
  object: z.literal('key'),
  parent_id: z.string().nullable().describe('The key above it.'),
  ...shapeOf('output'),
  secrets: z.array(secretSchema).readonly().describe('Oldest first; two while a rotation lasts.'),
  created_at: time(),
  updated_at: time(),
}

/** A virtual key in a response. Times are ISO 8601 in UTC, money is USD. */
export const keySchema = z.strictObject(responseFields).describe('A virtual key.')

/** A key with the secret that was just made for it. */
export const keyWithSecretSchema = z
  .strictObject({
    ...responseFields,
    secret: z.string().nullable().describe('Shown this once; null if the request brought it.'),
  })
  .describe('A virtual key with its new secret.')

export const deletedKeySchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('key.deleted'),
    deleted: z.literal(true),
    keys: z.int().min(1).describe('The number of keys that were deleted, with all below it.'),
  })
  .describe('A key that was deleted.')

export type KeyObject = Readonly<z.output<typeof keySchema>>
export type KeyObjectWithSecret = Readonly<z.output<typeof keyWithSecretSchema>>
type KeyChangeInput = z.output<typeof keyChangeSchema>

/** A stored key as a response has it. */
export function toKeyObject(key: ApiKey, secrets: readonly KeySecret[]): KeyObject {
  const settable = Object.fromEntries(allKeyFields.map(([name, { show }]) => [name, show(key)]))
  return {
    id: key.id,
    object: 'key',
    parent_id: key.parentId ?? null,
    ...(settable as z.output<z.ZodObject<ReturnType<typeof shapeOf<'output'>>>>),
    secrets: secrets.map(({ hint, createdAt, expiresAt }) => ({
      hint,
      created_at: new Date(createdAt).toISOString(),
      expires_at: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    })),
    created_at: new Date(key.createdAt).toISOString(),
    updated_at: new Date(key.updatedAt).toISOString(),
  }
}

/**
 * The change of a key that a request asks for. A field that is left out stays, and so does a limit or a label of a field that is there.
 * Throws GatewayError `invalid_value`.
 */
export function toKeyChange(input: KeyChangeInput, known: KnownFields): KeyChange {
  const changes = allKeyFields.flatMap(([name, { change }]) =>
    input[name] === undefined ? [] : [change(input[name], known)],
  )
  const grants: KeyChange['grants'] = Object.assign({}, ...changes.map((change) => change.grants))
  return Object.assign({}, ...changes, { grants })
}

/** The schemas of all fields, for a request or for a response. */
function shapeOf<Side extends 'input' | 'output'>(side: Side) {
  const entries = allKeyFields.map(([name, field]) => [name, field[side]])
  return Object.fromEntries(entries) as { readonly [Name in KeyFieldName]: (typeof keyFields)[Name][Side] }
}
