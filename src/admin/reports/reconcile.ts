import * as z from 'zod'
import { formatUsd } from '../../core/usd.ts'
import { requireKeys, requireMetering } from '../../pipeline/call/require-ports.ts'
import { fields } from '../../schema/field-types.ts'
import type { Balance } from '../../storage/ledger/ledger.ts'
import type { Administrator, AdminPorts } from '../administration.ts'
import { appendAudit } from '../audit.ts'
import { parseInput } from '../keys/input.ts'
import { unknownKey } from '../keys/key-admin.ts'
import type { ReconciliationObject } from './report-schemas.ts'

/** The request that reconciles a family of keys. */
export const reconciliationInputSchema = fields({
  dry_run: z.boolean('must be true or false').optional().describe('True only reports the changes. Default: false.'),
}).describe('Options of a reconciliation.')

/** Maximum number of changes in one response. */
const maxChanges = 1_000

/**
 * Recalculates the balances of a key's family from its records and audits the change. Rejects as {@link Admin} does.
 */
export async function reconcileKey(
  id: string,
  input: unknown,
  administrator: Administrator,
  ports: AdminPorts,
): Promise<ReconciliationObject> {
  const { ledger } = requireMetering(ports)
  const { store } = requireKeys(ports)
  const { dry_run: isDryRun = false } = parseInput(reconciliationInputSchema, input)
  const rootId = (await store.find(id))?.key.rootId
  if (rootId === undefined) throw unknownKey(id)
  const changes = await ledger.reconcile({ rootId, isDryRun, now: ports.clock.now() })
  const root = changes.find(({ keyId, endUser }) => keyId === rootId && endUser === undefined)
  if (!isDryRun) {
    const users = changes.filter(({ endUser }) => endUser !== undefined).length
    const counts = { keys: changes.length - users, end_users: users }
    const amounts = root && { from_usd: formatUsd(root.counted.spentNano), to_usd: formatUsd(root.recorded.spentNano) }
    await appendAudit(
      { action: 'key.reconcile', subject: rootId, detail: { ...counts, ...amounts } },
      administrator,
      ports,
    )
  }
  return {
    object: 'reconciliation',
    key_id: rootId,
    dry_run: isDryRun,
    changed: changes.length,
    changes: changes.slice(0, maxChanges).map(({ keyId, endUser, counted, recorded }) => ({
      key_id: keyId,
      end_user: endUser ?? null,
      counted: toSpending(counted),
      recorded: toSpending(recorded),
    })),
  }
}

function toSpending({ spentNano, dayNano, weekNano, monthNano }: Balance) {
  return {
    spent_usd: formatUsd(spentNano),
    day_usd: formatUsd(dayNano),
    week_usd: formatUsd(weekNano),
    month_usd: formatUsd(monthNano),
  }
}
