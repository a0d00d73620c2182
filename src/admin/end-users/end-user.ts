import { digestOfUser, ownerOf, toEndUser } from '../../pipeline/access/user-key.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { fields, stringOf } from '../../schema/field-types.ts'

/** The fields of a request that names an end user. */
const endUserFields = {
  key_id: stringOf((id) =>
    /^[a-z0-9:_-]{1,100}$/.test(id) ? undefined : 'must be the id of a key, or `token`, `visitors` or `login:<name>`',
  )
    .meta({ pattern: '^[a-z0-9:_-]{1,100}$' })
    .describe('The id of the key that the end user belongs to; `token`, `visitors` or `login:<name>` for the others.'),
  end_user: stringOf((name) => (name === '' ? 'must not be empty: calls without an end user have no name' : undefined))
    .meta({ minLength: 1 })
    .describe('The name as the calls send it. A name of more than 128 characters may also be its `sha256:…`.'),
}

/** The request that exports an end user. */
export const endUserSchema = fields(endUserFields).describe('An end user of a key.')

/** An end user of a key, by every name under which something of them is stored. */
export interface NamedUser {
  readonly keyId: string
  /** The name in the ledger and the usage records. */
  readonly endUser: string
  /** The owners of their sessions, images and responses. */
  readonly owners: readonly string[]
  /** Identifies the end user in the audit log, which must not name them. */
  readonly digest: string
}

/** Returns the stored names of the end user `name`, who may be given by the digest of a long name. */
export function toNamedUser(keyId: string, name: string, secrets: Ports['secrets']): NamedUser {
  const endUser = toEndUser(name, secrets)
  // A digest and its name are one user. A malformed string cannot be stored.
  const names = new Set(name.isWellFormed() ? [endUser, name] : [endUser])
  return {
    keyId,
    endUser,
    owners: [...names].map((stored) => ownerOf(keyId, stored, '')),
    digest: digestOfUser(keyId, endUser, secrets),
  }
}
