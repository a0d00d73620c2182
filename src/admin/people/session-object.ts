import * as z from 'zod'
import { time } from '../../schema/field-types.ts'
import { roles } from '../../storage/people-store.ts'
import { type Administrator, nameOf } from '../administration.ts'
import { personSchema, toPersonObject } from './person-object.ts'

/** Who sends a request. */
export const adminSessionSchema = z
  .strictObject({
    object: z.literal('session'),
    name: z.string().describe('The name of the person, or `admin secret`.'),
    role: z.enum(roles),
    person: personSchema.nullable().describe('Null for the admin secret, which acts as owner.'),
    expires_at: time().nullable().describe('When the sign-in ends at the latest. Null without a sign-in.'),
  })
  .describe('Who sends a request, and until when a sign-in is valid.')

export const endedSessionSchema = z
  .strictObject({ object: z.literal('session.deleted'), deleted: z.literal(true) })
  .describe('An ended sign-in.')

export type AdminSessionObject = Readonly<z.output<typeof adminSessionSchema>>

export function toSessionObject(administrator: Administrator): AdminSessionObject {
  const { role, person, session } = administrator
  return {
    object: 'session',
    name: nameOf(administrator),
    role,
    person: person === undefined ? null : toPersonObject(person),
    expires_at: session === undefined ? null : new Date(session.expiresAt).toISOString(),
  }
}
