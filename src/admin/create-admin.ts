import type { ByteStream } from '../core/byte-stream.ts'
import type { Page } from '../core/page.ts'
import { requireMetering } from '../pipeline/call/require-ports.ts'
import type { Administrator, AdminPorts } from './administration.ts'
import { createKeyAdmin, type KeyAdmin } from './keys/key-admin.ts'
import { type AuditRequest, listAudit } from './list-audit.ts'
import { noteAudit } from './note-audit.ts'
import { toBalanceObject } from './reports/balance-object.ts'
import type { ExportFormat } from './reports/create-row-writer.ts'
import { exportRecords } from './reports/export-records.ts'
import { exportUsage } from './reports/export-usage.ts'
import { listPrices, type PriceRequest } from './reports/list-prices.ts'
import type { AuditObject, BalanceObject, PriceObject } from './reports/report-schemas.ts'
import { type RecordFilterRequest, toRecordFilter } from './reports/to-record-filter.ts'
import { toUsageQuery, type UsageRequest } from './reports/to-usage-query.ts'

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

export function createAdmin(ports: AdminPorts, administrator: Administrator): Admin {
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
