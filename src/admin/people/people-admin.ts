import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { type Page, toPage } from '../../core/page.ts'
import { toTimeOrderedId } from '../../core/time-ordered-id.ts'
import type { Account, Person, PersonChange, Role } from '../../storage/people-store.ts'
import { requirePeople } from '../admin-session.ts'
import type { Administrator, AdminPorts } from '../administration.ts'
import { appendAudit } from '../audit.ts'
import { parseInput } from '../keys/input.ts'
import { checkLimit, type PageRequest, readCursor } from '../page-request.ts'
import { mayManage } from '../permissions.ts'
import { newPersonSchema, type PersonObject, personChangeSchema, toEmail, toPersonObject } from './person-object.ts'

/**
 * Manages the people of this server. Input is unvalidated JSON with the fields of {@link PersonObject}. Only an owner
 * creates, changes and deletes owners and admins; an owner always remains. Rejects with GatewayError
 * `storage_not_configured`, `person_not_found`, `permission_denied`, `last_owner`, `invalid_value`,
 * `missing_required_parameter` or `store_unavailable`.
 */
export interface PeopleAdmin {
  create(input: unknown): Promise<PersonObject>
  find(id: string): Promise<PersonObject>
  /** Lists people, oldest first, at most 100 per page. */
  list(page: PageRequest): Promise<Page<PersonObject>>
  /** Merges by RFC 7396. A new role, and `disabled`, apply to the person's next request. */
  update(id: string, input: unknown): Promise<PersonObject>
  /** Deletes a person and ends its sign-ins. Its keys stay, and belong to no person. */
  delete(id: string): Promise<void>
}

/** Maximum number of people on a page. */
const pageLimit = 100

export function createPeopleAdmin(ports: AdminPorts, administrator: Administrator): PeopleAdmin {
  const { clock, secrets } = ports
  const audit = (action: string, subject: string, detail?: JsonObject) =>
    appendAudit({ action, subject, ...(detail !== undefined && { detail }) }, administrator, ports)

  function checkMayManage(role: Role): void {
    if (mayManage(administrator.role, role)) return
    throw new GatewayError('permission_denied', `Your role is ${administrator.role}. Only an owner manages an ${role}.`)
  }

  return {
    async create(input) {
      const { people } = requirePeople(ports)
      const { name, email, role, disabled, account } = parseInput(newPersonSchema, input)
      checkMayManage(role)
      if (name === undefined && (email ?? undefined) === undefined)
        throw new GatewayError('missing_required_parameter', 'name or email is required.', { param: 'name' })
      const now = clock.now()
      const person: Person = {
        id: toTimeOrderedId('person', now, secrets.randomHex(8)),
        name: name ?? email ?? '',
        email: email === undefined || email === null ? undefined : toEmail(email),
        role,
        isDisabled: disabled ?? false,
        account: account === undefined || account === null ? undefined : toAccount(account, ports),
        createdAt: now,
        updatedAt: now,
      }
      if (!(await people.create(person))) throw taken()
      await audit('person.create', person.id, toDetail(input))
      return toPersonObject(person)
    },

    async find(id) {
      return toPersonObject(found(await requirePeople(ports).people.find(id), id))
    },

    async list({ limit, after }) {
      const { people } = requirePeople(ports)
      checkLimit(limit, pageLimit)
      if (after !== undefined) readCursor(after, /^person_[0-9a-z]{1,64}$/)
      const { items, next } = toPage(await people.list({ limit: limit + 1, after }), limit, ({ id }) => id)
      return { items: items.map(toPersonObject), next }
    },

    async update(id, input) {
      const { people } = requirePeople(ports)
      const { name, email, role, disabled, account } = parseInput(personChangeSchema, input)
      const change: PersonChange = {
        ...(name !== undefined && { name }),
        ...(email !== undefined && { email: (email === null ? undefined : toEmail(email)) ?? 'none' }),
        ...(role !== undefined && { role }),
        ...(disabled !== undefined && { isDisabled: disabled }),
        ...(account !== undefined && { account: account === null ? 'none' : toAccount(account, ports) }),
      }
      // The store calls this with the role that the person has in the moment of the change.
      const check = (person: Person) => {
        checkMayManage(person.role)
        if (role !== undefined) checkMayManage(role)
        return change
      }
      const result = await people.update(id, check, clock.now())
      if (result.kind === 'unknown') throw unknownPerson(id)
      if (result.kind === 'taken') throw taken()
      if (result.kind === 'last_owner') throw lastOwner()
      await audit('person.update', id, toDetail(input))
      return toPersonObject(result.person)
    },

    async delete(id) {
      const { people } = requirePeople(ports)
      let name = ''
      const check = (person: Person) => {
        checkMayManage(person.role)
        name = person.name
      }
      const result = await people.delete(id, check)
      if (result === 'unknown') throw unknownPerson(id)
      if (result === 'last_owner') throw lastOwner()
      await audit('person.delete', id, { name })
    },
  }
}

function toAccount(
  { issuer, subject }: { readonly issuer?: string | undefined; readonly subject: string },
  { settings }: Pick<AdminPorts, 'settings'>,
): Account {
  const named = issuer ?? settings.adminLogin?.issuer
  if (named !== undefined) return { issuer: named, subject }
  throw new GatewayError(
    'missing_required_parameter',
    'account.issuer is required, because this server has no `admin_login.issuer`.',
    { param: 'account.issuer' },
  )
}

function toDetail(input: unknown): JsonObject {
  return isJsonObject(input) ? input : {}
}

function found(person: Person | undefined, id: string): Person {
  if (person !== undefined) return person
  throw unknownPerson(id)
}

function unknownPerson(id: string): GatewayError {
  return new GatewayError('person_not_found', `The person ${JSON.stringify(id.slice(0, 100))} does not exist.`)
}

function taken(): GatewayError {
  return new GatewayError('invalid_value', 'email or account already belongs to another person.', { param: 'email' })
}

function lastOwner(): GatewayError {
  return new GatewayError('last_owner', 'This person is the only owner. Make another person an owner first.')
}
