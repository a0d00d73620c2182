import type { ByteStream } from '../../core/byte-stream.ts'
import type { ExportFormat } from '../export/create-row-writer.ts'
import { exportRecords } from '../export/export-records.ts'
import { exportUsage } from '../export/export-usage.ts'
import { createKeyAdmin, type KeyAdmin } from '../key-admin.ts'
import type { Ports } from '../ports.ts'
import { requireMetering } from '../require-metering.ts'
import type { Page } from '../sessions-of.ts'
import type { Administrator } from './administration.ts'
import { toBalanceObject } from './balance-object.ts'
import { type AuditRequest, listAudit } from './list-audit.ts'
import { listPrices, type PriceRequest } from './list-prices.ts'
import { noteAudit } from './note-audit.ts'
import type { AuditObject, BalanceObject, PriceObject } from './report-schemas.ts'
import { type RecordFilterRequest, toRecordFilter } from './to-record-filter.ts'
import { toUsageQuery, type UsageRequest } from './to-usage-query.ts'

/**
 * What an administrator can do, over REST and on the command line alike. Every change is in the audit log when it is answered.
 * Rejects with GatewayError: `storage_not_configured`, `key_not_found`, `invalid_value`, `missing_required_parameter`, `store_unavailable`.
 */
export interface Admin {
  readonly keys: KeyAdmin
  balance(keyId: string): Promise<BalanceObject>
  exportUsage(request: UsageRequest, format: ExportFormat): Promise<ByteStream>
  exportRecords(request: RecordFilterRequest, format: ExportFormat): Promise<ByteStream>
  prices(request: PriceRequest): Page<PriceObject>
  audit(request: AuditRequest): Promise<Page<AuditObject>>
}

export function createAdmin(ports: Ports, administrator: Administrator): Admin {
  const { clock } = ports
  const keys = createKeyAdmin(ports, (note) => noteAudit(note, administrator, ports))
  return {
    keys,
    async balance(keyId) {
      await keys.find(keyId)
      return toBalanceObject(keyId, await requireMetering(ports).ledger.balance(keyId, clock.now()))
    },
    exportUsage: async (request, format) =>
      exportUsage({ usage: requireMetering(ports).usage, clock }, toUsageQuery(request, clock.now()), format),
    exportRecords: async (request, format) =>
      exportRecords({ usage: requireMetering(ports).usage, clock }, toRecordFilter(request), format),
    prices: (request) => listPrices(request, requireMetering(ports)),
    audit: (request) => listAudit(request, ports),
  }
}
