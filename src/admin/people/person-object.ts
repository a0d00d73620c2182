import * as z from 'zod'
import { fields, stringOf, time } from '../../schema/field-types.ts'
import { choice, flag } from '../../schema/value-schemas.ts'
import { type Person, roles } from '../../storage/people-store.ts'

const nameLength = 100
const emailLength = 254
const accountLength = 255

const role = choice(roles).describe(
  '`owner`: everything. `admin`: everything except people who are owners or admins. `viewer`: reads everything. `member`: sees and rotates the keys that belong to the person.',
)

/** An account in a request. */
const accountInputSchema = fields({
  issuer: stringOf(accountProblem).optional().describe('Default: `admin_login.issuer`.'),
  subject: stringOf(accountProblem).describe('The claim `sub`.'),
})

const accountSchema = z.strictObject({ issuer: z.string(), subject: z.string() })
const accountMeaning =
  'The account at the OpenID provider. Null: set at the first sign-in of an account whose verified e-mail address is `email`.'

const inputs = {
  name: stringOf(nameProblem).optional().describe('A name for people. Default: the e-mail address.'),
  email: stringOf(emailProblem).nullish().describe('The e-mail address, in ASCII. Upper case does not matter.'),
  role,
  disabled: flag().optional().describe('True refuses every sign-in and ends those in progress.'),
  account: accountInputSchema.nullish().describe(accountMeaning),
}

/** The request that adds a person. */
export const newPersonSchema = fields(inputs).describe('A new person, with `name`, `email`, or both.')

/** The request that changes a person. */
export const personChangeSchema = fields({ ...inputs, role: role.optional() }).describe(
  'A JSON Merge Patch (RFC 7396): an omitted field keeps its value; null removes a value.',
)

/** A person in a response. */
export const personSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('person'),
    name: z.string(),
    email: z.string().nullable(),
    role,
    disabled: z.boolean(),
    account: accountSchema.nullable().describe(accountMeaning),
    created_at: time(),
    updated_at: time(),
  })
  .describe('A person who administers this server.')

export const deletedPersonSchema = z
  .strictObject({ id: z.string(), object: z.literal('person.deleted'), deleted: z.literal(true) })
  .describe('A deleted person.')

export type PersonObject = Readonly<z.output<typeof personSchema>>

/** Converts a stored person to its response. */
export function toPersonObject({
  id,
  name,
  email,
  role,
  isDisabled,
  account,
  createdAt,
  updatedAt,
}: Person): PersonObject {
  return {
    id,
    object: 'person',
    name,
    email: email ?? null,
    role,
    disabled: isDisabled,
    account: account ?? null,
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
  }
}

/**
 * Returns the canonical form of an e-mail address; undefined for one outside ASCII. Unicode has characters whose lower
 * case is an ASCII letter, such as the Kelvin sign, by which one person could take the address of another.
 */
export function toEmail(value: string): string | undefined {
  return emailProblem(value) === undefined ? value.toLowerCase() : undefined
}

function emailProblem(value: string): string | undefined {
  if (/^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/.test(value) && value.length <= emailLength) return undefined
  return 'must be an e-mail address in ASCII, such as ann@example.com. For any other account set `account`'
}

function nameProblem(name: string): string | undefined {
  const isPlain = name.trim() !== '' && name.length <= nameLength && !/\p{C}/u.test(name)
  return isPlain ? undefined : `must be a string of 1 to ${nameLength} characters without line breaks`
}

function accountProblem(value: string): string | undefined {
  const isPlain = value !== '' && value.length <= accountLength && !/\p{C}/u.test(value)
  return isPlain ? undefined : `must be a string of 1 to ${accountLength} characters without line breaks`
}
