import { defaults } from '../../config/defaults.ts'
import { GatewayError } from '../../core/errors.ts'
import { type Page, toPage } from '../../core/page.ts'
import { toTimeOrderedId } from '../../core/time-ordered-id.ts'
import { toHex } from '../../core/to-hex.ts'
import type { Link } from '../../storage/link-store.ts'
import { requirePeople } from '../admin-session.ts'
import { type Administrator, type AdminPorts, nameOf } from '../administration.ts'
import { appendAudit } from '../audit.ts'
import { parseInput } from '../keys/input.ts'
import type { KeyAdmin } from '../keys/key-admin.ts'
import { checkLimit, type PageRequest, readCursor } from '../page-request.ts'
import { type LinkObject, type LinkObjectWithUrl, newLinkSchema, toLinkObject } from './link-object.ts'

/**
 * Manages one-time links. Rejects with GatewayError `storage_not_configured`, `key_not_found`, `link_not_found`,
 * `invalid_value`, `missing_required_parameter` or `store_unavailable`.
 */
export interface LinkAdmin {
  /** Creates a link, and its key unless it exists. `publicUrl` is the server's scheme and host. */
  create(input: unknown, publicUrl: string): Promise<LinkObjectWithUrl>
  /** Lists links without their URLs, oldest first, at most 100 per page. */
  list(page: PageRequest): Promise<Page<LinkObject>>
  /** Withdraws a link. */
  delete(id: string): Promise<void>
}

/** Maximum number of links on a page. */
const pageLimit = 100
const { linkSeconds, linkListedMs } = defaults.admin

export function createLinkAdmin(ports: AdminPorts, administrator: Administrator, keys: KeyAdmin): LinkAdmin {
  const { clock, secrets } = ports
  return {
    async create(input, publicUrl) {
      const { links } = requirePeople(ports)
      const { key, key_id: keyId, overlap_seconds: overlap, expires_in: seconds } = parseInput(newLinkSchema, input)
      if ((key === undefined) === (keyId === undefined))
        throw new GatewayError('invalid_value', 'key or key_id is required, and not both.', { param: 'key' })
      if (key !== undefined && overlap !== undefined)
        throw new GatewayError('invalid_value', 'overlap_seconds is for an existing key: send it with `key_id`.', {
          param: 'overlap_seconds',
        })
      // The rules of a key apply now, while its author waits. Its first secret is never shown, and the claim ends it.
      const target = await (key === undefined ? keys.find(keyId ?? '') : keys.create(key))
      const now = clock.now()
      const token = secrets.randomHex(32)
      const link: Link = {
        id: toTimeOrderedId('link', now, secrets.randomHex(8)),
        keyId: target.id,
        overlapSeconds: key === undefined ? (overlap ?? defaults.keys.overlapSeconds) : 0,
        createdBy: nameOf(administrator),
        createdAt: now,
        expiresAt: now + (seconds ?? linkSeconds) * 1_000,
        claimedAt: undefined,
      }
      await links.create(link, toHex(secrets.digest(token)), now - linkListedMs)
      const object = toLinkObject(link)
      const detail = { key_id: link.keyId, expires_at: object.expires_at }
      await appendAudit({ action: 'link.create', subject: link.id, detail }, administrator, ports)
      return { ...object, url: `${publicUrl}/claim#${token}` }
    },

    async list({ limit, after }) {
      const { links } = requirePeople(ports)
      checkLimit(limit, pageLimit)
      if (after !== undefined) readCursor(after, /^link_[0-9a-z]{1,64}$/)
      const { items, next } = toPage(await links.list({ limit: limit + 1, after }), limit, ({ id }) => id)
      return { items: items.map(toLinkObject), next }
    },

    async delete(id) {
      if (!(await requirePeople(ports).links.delete(id)))
        throw new GatewayError('link_not_found', `The link ${JSON.stringify(id.slice(0, 100))} does not exist.`)
      await appendAudit({ action: 'link.delete', subject: id }, administrator, ports)
    },
  }
}
