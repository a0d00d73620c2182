import * as z from 'zod'
import { fields, stringOf, time } from '../../schema/field-types.ts'
import { count } from '../../schema/value-schemas.ts'
import type { ApiKey, KeyChange, KeySecret } from '../../storage/key-store.ts'
import { allKeyFields, type KeyFieldName, type KnownFields, type keyFields } from './key-fields.ts'

/** Maximum overlap in seconds: thirty days, because a replaced secret must expire. */
export const overlapLimit = 30 * 24 * 60 * 60

const inputs = shapeOf('input')
const secret = stringOf().nullish().describe('An existing secret to import. If omitted, Weir generates one.')

/** The request that creates a key. */
export const newKeySchema = fields({
  ...inputs,
  parent_id: stringOf().nullish().describe('The id of the parent key. It cannot be changed later.'),
  secret,
}).describe('A new key.')

/** The request that changes a key. */
export const keyChangeSchema = fields({ ...inputs, name: inputs.name.optional() }).describe(
  'A JSON Merge Patch (RFC 7396): an omitted field keeps its value, also within `limits`, `per_user` and `labels`; null removes a value; a list is replaced as a whole.',
)

/** The request that rotates the secret of a key. */
export const rotationSchema = fields({
  overlap_seconds: count(0, overlapLimit)
    .nullish()
    .describe('How long the old secret stays valid, in seconds. Default: 86,400.'),
  secret,
}).describe('A rotation of a key’s secret.')

/** One secret of a key in a response. */
export const secretSchema = z
  .strictObject({ hint: z.string(), created_at: time(), expires_at: time().nullable() })
  .describe('One secret of a key, with a hint to recognise it.')

const responseFields = {
  id: z.string(),
  object: z.literal('key'),
  parent_id: z.string().nullable().describe('The id of the parent key.'),
  ...shapeOf('output'),
  secrets: z
    .array(secretSchema)
    .readonly()
    .describe('The valid secrets, oldest first; two during the overlap of a rotation.'),
  created_at: time(),
  updated_at: time(),
}

/** A virtual key in a response. Times are ISO 8601 in UTC, money is USD. */
export const keySchema = z.strictObject(responseFields).describe('A virtual key.')

/** A key with its new secret. */
export const keyWithSecretSchema = z
  .strictObject({
    ...responseFields,
    secret: z.string().nullable().describe('The new secret, shown only here; null if the request sent it.'),
  })
  .describe('A virtual key with its new secret.')

export const deletedKeySchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('key.deleted'),
    deleted: z.literal(true),
    keys: z.int().min(1).describe('The number of deleted keys, including descendants.'),
  })
  .describe('A deleted key.')

export type KeyObject = Readonly<z.output<typeof keySchema>>
export type KeyObjectWithSecret = Readonly<z.output<typeof keyWithSecretSchema>>
type KeyChangeInput = z.output<typeof keyChangeSchema>

/** Converts a stored key to its response. */
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
 * Converts a request to a change of a key. An omitted field keeps its value, as does an omitted limit or label. Throws
 * GatewayError `invalid_value`.
 */
export function toKeyChange(input: KeyChangeInput, known: KnownFields): KeyChange {
  const changes = allKeyFields.flatMap(([name, { change }]) =>
    input[name] === undefined ? [] : [change(input[name], known)],
  )
  const grants: KeyChange['grants'] = Object.assign({}, ...changes.map((change) => change.grants))
  return Object.assign({}, ...changes, { grants })
}

/** Returns the schemas of all fields, for a request or for a response. */
function shapeOf<Side extends 'input' | 'output'>(side: Side) {
  const entries = allKeyFields.map(([name, field]) => [name, field[side]])
  return Object.fromEntries(entries) as { readonly [Name in KeyFieldName]: (typeof keyFields)[Name][Side] }
}
