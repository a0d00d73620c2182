import { defaults } from '../../config/defaults.ts'
import { toLimits } from '../../config/limit-fields.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { type Page, toPage } from '../../core/page.ts'
import { toTimeOrderedId } from '../../core/time-ordered-id.ts'
import { type Limits, noLimits } from '../../metering/limits.ts'
import type { Keys, Ports } from '../../pipeline/call/ports.ts'
import { requireKeys } from '../../pipeline/call/require-ports.ts'
import type { ApiKey, KeyChange, KeyWithAncestors } from '../../storage/key-store.ts'
import type { PeopleStore } from '../../storage/people-store.ts'
import { checkLimit, type PageRequest, readCursor } from '../page-request.ts'
import { parseInput, refuse } from './input.ts'
import { toNewKey, toValue } from './key-fields.ts'
import {
  type KeyObject,
  type KeyObjectWithSecret,
  keyChangeSchema,
  newKeySchema,
  rotationSchema,
  toKeyChange,
  toKeyObject,
} from './key-object.ts'
import { checkKey, checkParent, type Proposal } from './key-rules.ts'
import { createSecret } from './key-secret.ts'

/** One change of a key for the audit log. Contains no secret. */
export interface KeyAudit {
  readonly action: 'key.create' | 'key.update' | 'key.rotate' | 'key.delete'
  /** The key's id. */
  readonly subject: string
  readonly detail: JsonObject
}

/** Appends a change with author and time to the audit log. */
type AuditKeyChange = (entry: KeyAudit) => Promise<void>

interface KeyPageRequest extends PageRequest {
  /** Only the children of this key. */
  readonly parentId?: string | undefined
  /** Only the keys of this person. */
  readonly personId?: string | undefined
}

/**
 * Manages virtual keys for REST and the command line. Input is unvalidated JSON with the fields of {@link KeyObject}.
 * Rejects with GatewayError `storage_not_configured`, `key_not_found`, `invalid_value` or `missing_required_parameter`
 * (`param` names the field, such as `limits.budgets[0].time_zone`), and `store_unavailable`.
 */
export interface KeyAdmin {
  /** Creates a key. Accepts the settable fields, `parent_id`, and `secret` to import an existing secret. */
  create(input: unknown): Promise<KeyObjectWithSecret>
  find(id: string): Promise<KeyObject>
  /** Lists keys, oldest first, at most 100 per page. */
  list(page: KeyPageRequest): Promise<Page<KeyObject>>
  /** Merges by RFC 7396: an omitted field keeps its value, also within an object; null removes a value. */
  update(id: string, input: unknown): Promise<KeyObject>
  /** Rotates the secret. Input: `{"overlap_seconds": 86400, "secret": "…"}`, both optional. */
  rotate(id: string, input: unknown): Promise<KeyObjectWithSecret>
  /** Deletes a key with all its descendants and returns the number of deleted keys. */
  delete(id: string): Promise<number>
}

type KeyAdminPorts = Pick<Ports, 'keys' | 'clock' | 'secrets' | 'settings'>

/** The people of the keys. */
interface KeyPeople {
  /** Finds a person to whom a key shall belong. */
  readonly people?: Pick<PeopleStore, 'find'> | undefined
  /** The only person whose keys exist for this administrator, who then changes none of their fields. */
  readonly onlyPersonId?: string | undefined
}

/** The fields that a new key's request is merged into. */
const emptyFields = { limits: noLimits, perUser: undefined, labels: {} } as const

/** Maximum number of keys on a page. */
const pageLimit = 100

export function createKeyAdmin(
  ports: KeyAdminPorts,
  audit: AuditKeyChange,
  { people, onlyPersonId }: KeyPeople = {},
): KeyAdmin {
  const { clock, secrets } = ports

  /** Finds a key. S31: a key of another person is unknown, not forbidden. */
  async function load(id: string, { store }: Keys): Promise<KeyWithAncestors> {
    const known = found(await store.find(id), id)
    if (onlyPersonId !== undefined && known.key.personId !== onlyPersonId) throw unknownKey(id)
    return known
  }

  /** The route table refuses this already (S76). */
  function refuseMember(): void {
    if (onlyPersonId === undefined) return
    throw new GatewayError('permission_denied', 'A member sees and rotates its own keys, and changes nothing else.')
  }

  async function checkPerson(personId: string | null | undefined): Promise<void> {
    if (personId === undefined || personId === null || (await people?.find(personId)) !== undefined) return
    refuse({ path: 'person_id', message: 'names a person who does not exist' })
  }

  /** S20: this process applies the change at once. */
  async function recordChange(entry: KeyAudit): Promise<void> {
    requireKeys(ports).forget()
    await audit(entry)
  }

  return {
    async create(input) {
      refuseMember()
      const { store } = requireKeys(ports)
      const { parent_id: parentId, secret: imported, ...fields } = parseInput(newKeySchema, input)
      await checkPerson(fields.person_id)
      const now = clock.now()
      const above = typeof parentId === 'string' ? checkParent(await store.find(parentId)) : []
      // Lists are ordered by id, which is the order of creation.
      const id = toTimeOrderedId('key', now, secrets.randomHex(8))
      const key = toNewKey(toKeyChange(fields, emptyFields), { id, name: fields.name, now, above })
      if (key.expiresAt !== undefined && key.expiresAt <= now) {
        refuse({
          path: 'expires_at',
          message: `must be in the future; the server's time is ${new Date(now).toISOString()}`,
        })
      }
      checkKey(toProposal(key, key.limits), key, above)
      const secret = createSecret(imported, now, ports)
      if (!(await store.create(key, secret.stored))) {
        if (key.parentId !== undefined) checkParent(await store.find(key.parentId))
        throw takenSecret()
      }
      await recordChange({ action: 'key.create', subject: id, detail: withoutSecret(input) })
      return { ...toKeyObject(key, [secret.stored]), secret: secret.shown }
    },

    async find(id) {
      const keys = requireKeys(ports)
      return await loadObject((await load(id, keys)).key, keys.store)
    },

    async list({ limit, after, parentId, personId }) {
      const { store } = requireKeys(ports)
      checkLimit(limit, pageLimit)
      if (after !== undefined) readCursor(after, /^key_[0-9a-z]{1,64}$/)
      const keys = await store.list({ limit: limit + 1, after, parentId, personId: onlyPersonId ?? personId })
      const { items, next } = toPage(keys, limit, ({ key }) => key.id)
      return { items: items.map(({ key, secrets }) => toKeyObject(key, secrets)), next }
    },

    async update(id, input) {
      refuseMember()
      const { store } = requireKeys(ports)
      const fields = parseInput(keyChangeSchema, input)
      await checkPerson(fields.person_id)
      const { ancestors } = found(await store.find(id), id)
      // The store merges into the current key, so two concurrent changes of its limits both apply.
      const merge = (key: ApiKey): KeyChange => {
        const change = toKeyChange(fields, key)
        // Only named limits are checked: an older limit may exceed an ancestor's limit that was lowered later (S35).
        const proposal = toProposal(change, toLimits(fields.limits ?? null))
        checkKey(proposal, { ...key, ...(change.perUser === 'none' && { perUser: undefined }) }, ancestors)
        return change
      }
      const changed = found(await store.update(id, merge, clock.now()), id)
      await recordChange({ action: 'key.update', subject: id, detail: withoutSecret(input) })
      return await loadObject(changed, store)
    },

    async rotate(id, input) {
      const keys = requireKeys(ports)
      const { store } = keys
      const { overlap_seconds: overlap, secret: imported } = parseInput(rotationSchema, input ?? {})
      // S36: a secret that a member chooses could be weak.
      if (imported !== undefined && imported !== null) refuseMember()
      const { key } = await load(id, keys)
      const now = clock.now()
      const overlapSeconds = overlap ?? defaults.keys.overlapSeconds
      const secret = createSecret(imported, now, ports)
      if (!(await store.rotate(id, secret.stored, now + overlapSeconds * 1_000))) {
        found(await store.find(id), id)
        throw takenSecret()
      }
      const detail = { hint: secret.stored.hint, overlap_seconds: overlapSeconds }
      await recordChange({ action: 'key.rotate', subject: id, detail })
      return { ...(await loadObject(key, store)), secret: secret.shown }
    },

    async delete(id) {
      refuseMember()
      const { store } = requireKeys(ports)
      const keys = await store.delete(id, clock.now())
      if (keys === 0) throw unknownKey(id)
      await recordChange({ action: 'key.delete', subject: id, detail: { keys } })
      return keys
    },
  }
}

async function loadObject(key: ApiKey, store: Keys['store']): Promise<KeyObject> {
  return toKeyObject(key, await store.secrets(key.id))
}

function toProposal({ grants, limits, perUser, expiresAt }: KeyChange | ApiKey, namedLimits: Limits): Proposal {
  return { grants: grants ?? {}, limits, namedLimits, perUser: toValue(perUser), expiresAt: toValue(expiresAt) }
}

function withoutSecret(input: unknown): JsonObject {
  const { secret: _secret, ...fields } = isJsonObject(input) ? input : {}
  return fields
}

function found<Value>(value: Value | undefined, id: string): Value {
  if (value === undefined) throw unknownKey(id)
  return value
}

/** Creates the error for an unknown key id. */
export function unknownKey(id: string): GatewayError {
  return new GatewayError('key_not_found', `The key ${JSON.stringify(id.slice(0, 100))} does not exist.`)
}

function takenSecret(): GatewayError {
  return new GatewayError(
    'invalid_value',
    'secret already belongs to a key. Send another, or omit it to generate one.',
    {
      param: 'secret',
    },
  )
}
