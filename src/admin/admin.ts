import type { ByteStream } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import type { Page } from '../core/page.ts'
import { formatUsd } from '../core/usd.ts'
import { requireMetering } from '../pipeline/call/require-ports.ts'
import { operatorId } from '../storage/key-ids.ts'
import type { Balance } from '../storage/ledger/ledger.ts'
import { nothingSpent } from '../storage/ledger/read-account.ts'
import type { Administrator, AdminPorts } from './administration.ts'
import { type AuditRequest, appendAudit, listAudit } from './audit.ts'
import { type ErasureObject, eraseEndUser } from './end-users/erase-end-user.ts'
import { exportEndUser } from './end-users/export-end-user.ts'
import { createKeyAdmin, type KeyAdmin } from './keys/key-admin.ts'
import { createLinkAdmin, type LinkAdmin } from './links/link-admin.ts'
import { createPeopleAdmin, type PeopleAdmin } from './people/people-admin.ts'
import { correctRecord } from './reports/correct-record.ts'
import { explainRouteRequest, type RouteExplanationRequest } from './reports/explain-route.ts'
import type { ExportFormat } from './reports/export.ts'
import { toLimitObject } from './reports/limit-object.ts'
import { listPrices, type PriceRequest } from './reports/prices.ts'
import { reconcileKey } from './reports/reconcile.ts'
import { exportRecords, type RecordRequest, toRecordPage } from './reports/records.ts'
import type {
  AuditObject,
  BalanceObject,
  PriceObject,
  ReconciliationObject,
  RecordObject,
  RouteExplanationObject,
} from './reports/report-schemas.ts'
import { exportUsage, toUsageQuery, type UsageRequest } from './reports/usage.ts'
import { type RevocationObject, revokeTokens } from './user-tokens/revoke-tokens.ts'

/**
 * The service behind the admin API and the command line. Every change is in the audit log before its method resolves.
 * A member reaches its own keys only. Rejects with GatewayError `storage_not_configured`, `permission_denied`,
 * `key_not_found`, `record_not_found`, `invalid_value`, `missing_required_parameter` or `store_unavailable`.
 */
export interface Admin {
  readonly keys: KeyAdmin
  readonly people: PeopleAdmin
  readonly links: LinkAdmin
  balance(keyId: string): Promise<BalanceObject>
  /** `{"dry_run": true}` */
  reconcile(keyId: string, input: unknown): Promise<ReconciliationObject>
  exportUsage(request: UsageRequest, format: ExportFormat): Promise<ByteStream>
  exportRecords(request: RecordRequest, format: ExportFormat): Promise<ByteStream>
  /** `{"cost_usd": 0.72, "reason": "…"}` */
  correctRecord(id: string, input: unknown): Promise<RecordObject>
  /** `{"key_id": "key_…", "end_user": "…"}` */
  revokeTokens(input: unknown): Promise<RevocationObject>
  /** `{"key_id": "key_…", "end_user": "u_42", "dry_run": false}` */
  eraseEndUser(input: unknown): Promise<ErasureObject>
  /** `{"key_id": "key_…", "end_user": "u_42"}`. `publicUrl` begins the URLs of images. */
  exportEndUser(input: unknown, publicUrl: string): Promise<ByteStream>
  prices(request: PriceRequest): Page<PriceObject>
  explainRoute(request: RouteExplanationRequest): Promise<RouteExplanationObject>
  audit(request: AuditRequest): Promise<Page<AuditObject>>
}

export function createAdmin(ports: AdminPorts, administrator: Administrator): Admin {
  const { clock } = ports
  const { role, person } = administrator
  const onlyPersonId = role === 'member' ? (person?.id ?? '') : undefined
  const keys = createKeyAdmin(ports, (note) => appendAudit(note, administrator, ports), {
    people: ports.admin.people?.people,
    onlyPersonId,
  })

  /** A member reads the usage of one of its keys. The descendants of the key may belong to other people. */
  async function checkUsage({ key_id: keyId, descendants }: UsageRequest): Promise<void> {
    if (onlyPersonId === undefined) return
    if (keyId === undefined)
      throw new GatewayError('missing_required_parameter', 'key_id is required: the id of one of your keys.', {
        param: 'key_id',
      })
    if (descendants === true)
      throw new GatewayError('permission_denied', 'A member reads the usage of its own keys only.')
    await keys.find(keyId)
  }

  return {
    keys,
    people: createPeopleAdmin(ports, administrator),
    links: createLinkAdmin(ports, administrator, keys),
    async balance(keyId) {
      const isOperators = keyId === operatorId && onlyPersonId === undefined
      if (!isOperators) await keys.find(keyId)
      const { ledger } = requireMetering(ports)
      const now = clock.now()
      const [balance, limits] = await Promise.all([ledger.balance(keyId, now), ledger.limits(keyId, now)])
      const statuses = limits.map((limit) => toLimitObject(limit, now))
      return toBalanceObject(keyId, balance ?? nothingSpent, statuses)
    },
    reconcile: (keyId, input) => reconcileKey(keyId, input, administrator, ports),
    async exportUsage(request, format) {
      await checkUsage(request)
      const { usage } = requireMetering(ports)
      return await exportUsage({ usage, clock }, toUsageQuery(request, clock.now()), format)
    },
    async exportRecords(request, format) {
      const { usage } = requireMetering(ports)
      return await exportRecords({ usage, clock }, toRecordPage(request), format)
    },
    correctRecord: (id, input) => correctRecord(id, input, administrator, ports),
    async revokeTokens(input) {
      const revocation = await revokeTokens(input, ports)
      const { key_id: keyId, object: _, ...detail } = revocation
      await appendAudit({ action: 'tokens.revoke', subject: keyId ?? undefined, detail }, administrator, ports)
      return revocation
    },
    eraseEndUser: (input) => eraseEndUser(input, administrator, ports),
    exportEndUser: (input, publicUrl) => exportEndUser(input, publicUrl, administrator, ports),
    prices: (request) => listPrices(request, requireMetering(ports)),
    explainRoute: (request) => explainRouteRequest(request, ports),
    audit: (request) => listAudit(request, ports),
  }
}

function toBalanceObject(keyId: string, balance: Balance, limits: BalanceObject['limits']): BalanceObject {
  return {
    object: 'balance',
    key_id: keyId,
    spent_usd: formatUsd(balance.spentNano),
    reserved_usd: formatUsd(balance.reservedNano),
    day_usd: formatUsd(balance.dayNano),
    week_usd: formatUsd(balance.weekNano),
    month_usd: formatUsd(balance.monthNano),
    open_calls: balance.calls,
    open_streams: balance.streams,
    limits,
  }
}
