import { defaults } from '../../config/defaults.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Page } from '../../core/page.ts'
import { toTimeOrderedId } from '../../core/time-ordered-id.ts'
import type { Keys, Ports } from '../../pipeline/call/ports.ts'
import { requireKeys } from '../../pipeline/call/require-ports.ts'
import type { ApiKey, KeyChange } from '../../storage/key-store.ts'
import { checkKey, checkParent, type Proposal } from './check-key.ts'
import { createSecret, type MadeSecret } from './create-secret.ts'
import { refuse } from './field-problem.ts'
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
import { parseInput } from './parse-input.ts'

/** One change, for the audit log. Holds no secret. */
export interface KeyAudit {
  readonly action: 'key.create' | 'key.update' | 'key.rotate' | 'key.delete'
  /** The key's id. */
  readonly subject: string
  readonly detail: JsonObject
}

/** Notes a change that was made. Who made it, and when, is known to whoever gives this function. */
export type AuditKeyChange = (entry: KeyAudit) => Promise<void>

export interface KeyPageRequest {
  /** From 1 to 100. */
  readonly limit: number
  /** The `next` of the page before. */
  readonly after?: string | undefined
  /** Only children of this key. */
  readonly parentId?: string | undefined
}

/**
 * What an administrator can do with keys, over REST and on the command line alike. Input is unknown JSON in the words of
 * {@link KeyObject}. Rejects with GatewayError `storage_not_configured`, `key_not_found`, `invalid_value` or `missing_required_parameter`
 * (`param` names the field, such as `limits.budgets[0].time_zone`), and `store_unavailable`.
 */
export interface KeyAdmin {
  /** Takes the fields of a key that can be set, `parent_id`, and `secret` for one that exists already. */
  create(input: unknown): Promise<KeyObjectWithSecret>
  find(id: string): Promise<KeyObject>
  /** Oldest first. */
  list(page: KeyPageRequest): Promise<Page<KeyObject>>
  /** A field that is there replaces what was; null takes it away. */
  update(id: string, input: unknown): Promise<KeyObject>
  /** `{"overlap_seconds": 86400, "secret": "…"}`, both of which may be left out. */
  rotate(id: string, input: unknown): Promise<KeyObjectWithSecret>
  /** With all its descendants; how many keys that were. */
  delete(id: string): Promise<number>
}

/** What the administration of keys needs of the outside world. */
export type KeyAdminPorts = Pick<Ports, 'keys' | 'clock' | 'secrets' | 'settings'>

/** Keys in a page of a list. */
const pageLimit = 100

export function createKeyAdmin(ports: KeyAdminPorts, audit: AuditKeyChange): KeyAdmin {
  const context = { ports, audit }
  return {
    create: (input) => create(input, context),
    async find(id) {
      const { store } = requireKeys(ports)
      return toObject(found(await store.find(id), id).key, store)
    },
    list: (page) => list(page, requireKeys(ports)),
    update: (id, input) => update(id, input, context),
    rotate: (id, input) => rotate(id, input, context),
    async delete(id) {
      const { store } = requireKeys(ports)
      const keys = await store.delete(id)
      if (keys === 0) throw unknownKey(id)
      await settle({ action: 'key.delete', subject: id, detail: { keys } }, context)
      return keys
    },
  }
}

interface Context {
  readonly ports: KeyAdminPorts
  readonly audit: AuditKeyChange
}

async function create(input: unknown, context: Context): Promise<KeyObjectWithSecret> {
  const { ports } = context
  const { store } = requireKeys(ports)
  const { parent_id: parentId, secret: brought, ...fields } = parseInput(newKeySchema, input)
  const now = ports.clock.now()
  const above = typeof parentId === 'string' ? checkParent(await store.find(parentId)) : []
  // Lists are in the order of ids, and so of creation.
  const id = toTimeOrderedId('key', now, ports.secrets.randomHex(8))
  const key = toNewKey(toKeyChange(fields), { id, name: fields.name, now, above })
  if (key.expiresAt !== undefined && key.expiresAt <= now) {
    refuse({ path: 'expires_at', message: `must be later than now, which is ${new Date(now).toISOString()}` })
  }
  checkKey(toProposal(key), key, above)
  const secret = createSecret(brought, now, ports)
  if (!(await store.create(key, secret.kept))) {
    if (key.parentId !== undefined) checkParent(await store.find(key.parentId))
    throw takenSecret()
  }
  await settle({ action: 'key.create', subject: key.id, detail: withoutSecret(input) }, context)
  return { ...toKeyObject(key, [secret.kept]), secret: secret.told }
}

async function list({ limit, after, parentId }: KeyPageRequest, { store }: Keys): Promise<Page<KeyObject>> {
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLimit)
    refuse({ path: 'limit', message: `must be from 1 to ${pageLimit}` })
  if (after !== undefined && !/^key_[0-9a-z]{1,64}$/.test(after))
    refuse({ path: 'after', message: 'is not a cursor that this server gave' })
  const items = await store.list({ limit: limit + 1, after, parentId })
  const shown = items.slice(0, limit)
  const next = items.length > limit ? shown.at(-1)?.key.id : undefined
  return { items: shown.map(({ key, secrets }) => toKeyObject(key, secrets)), next }
}

async function update(id: string, input: unknown, context: Context): Promise<KeyObject> {
  const { store } = requireKeys(context.ports)
  const change = toKeyChange(parseInput(keyChangeSchema, input))
  const { key, ancestors } = found(await store.find(id), id)
  checkKey(toProposal(change), { ...key, ...(change.perUser === 'none' && { perUser: undefined }) }, ancestors)
  const changed = found(await store.update(id, change, context.ports.clock.now()), id)
  await settle({ action: 'key.update', subject: id, detail: withoutSecret(input) }, context)
  return toObject(changed, store)
}

async function rotate(id: string, input: unknown, context: Context): Promise<KeyObjectWithSecret> {
  const { ports } = context
  const { store } = requireKeys(ports)
  const { overlap_seconds: overlap, secret: brought } = parseInput(rotationSchema, input ?? {})
  const { key } = found(await store.find(id), id)
  const now = ports.clock.now()
  const overlapSeconds = overlap ?? defaults.keys.overlapSeconds
  const secret: MadeSecret = createSecret(brought, now, ports)
  if (!(await store.rotate(id, secret.kept, now + overlapSeconds * 1_000))) {
    found(await store.find(id), id)
    throw takenSecret()
  }
  const detail = { hint: secret.kept.hint, overlap_seconds: overlapSeconds }
  await settle({ action: 'key.rotate', subject: id, detail }, context)
  return { ...(await toObject(key, store)), secret: secret.told }
}

/** S20: this process knows at once. */
async function settle(entry: KeyAudit, { ports, audit }: Context): Promise<void> {
  requireKeys(ports).cache.clear()
  await audit(entry)
}

async function toObject(key: ApiKey, store: Keys['store']): Promise<KeyObject> {
  return toKeyObject(key, await store.secrets(key.id))
}

function toProposal({ grants, limits, perUser, expiresAt }: KeyChange | ApiKey): Proposal {
  return { grants: grants ?? {}, limits, perUser: toValue(perUser), expiresAt: toValue(expiresAt) }
}

function withoutSecret(input: unknown): JsonObject {
  const { secret: _secret, ...fields } = isJsonObject(input) ? input : {}
  return fields
}

function found<Value>(value: Value | undefined, id: string): Value {
  if (value === undefined) throw unknownKey(id)
  return value
}

function unknownKey(id: string): GatewayError {
  return new GatewayError('key_not_found', `There is no key ${JSON.stringify(id.slice(0, 100))}.`)
}

function takenSecret(): GatewayError {
  return new GatewayError('invalid_value', 'secret belongs to a key already. Bring another, or leave it out.', {
    param: 'secret',
  })
}
