import { GatewayError } from '../../core/errors.ts'
import { formatUsd, toNano } from '../../core/usd.ts'
import { requireKeys, requireMetering } from '../../pipeline/call/require-ports.ts'
import { amount, fields, stringOf } from '../../schema/field-types.ts'
import type { Administrator, AdminPorts } from '../administration.ts'
import { appendAudit } from '../audit.ts'
import { parseInput } from '../keys/input.ts'
import { toRecordObject } from './records.ts'
import type { RecordObject } from './report-schemas.ts'

const reasonLength = 500

/** The request that corrects a record. */
export const correctionSchema = fields({
  cost_usd: amount().describe('The actual cost of the attempt in USD. It replaces the recorded cost.'),
  reason: stringOf(reasonProblem).describe(
    `A reason for the audit log, such as the invoice number: 1 to ${reasonLength} characters.`,
  ),
}).describe('A correction of a record’s cost.')

const action = 'record.correct'

/**
 * Corrects the cost of a record and appends the old cost and the reason to the audit log. A repeated correction changes
 * nothing; it appends the entry only if a failure has prevented that before. Rejects as {@link Admin} does.
 */
export async function correctRecord(
  id: string,
  input: unknown,
  administrator: Administrator,
  ports: AdminPorts,
): Promise<RecordObject> {
  const { ledger, usage } = requireMetering(ports)
  const { store } = requireKeys(ports)
  const { cost_usd: usd, reason } = parseInput(correctionSchema, input)
  const costNano = toNano(usd) ?? 0
  const known = found(await usage.record(id), id)
  const [, ...above] = await store.lineage(known.keyId)
  const correction = { id, lineage: [known.keyId, ...above], costNano, now: ports.clock.now() } as const
  const { costNano: oldNano, costSource } = found(await ledger.correct(correction), id)
  const isRepeated = costSource === 'corrected' && oldNano === costNano
  if (!isRepeated || !(await isAudited(id, costNano, ports))) {
    const fromNano = isRepeated ? (known.originalCostNano ?? oldNano) : oldNano
    const amounts = { from_usd: formatUsd(fromNano), from_source: costSource, to_usd: formatUsd(costNano) }
    await appendAudit(
      { action, subject: id, detail: { key_id: known.keyId, ...amounts, reason } },
      administrator,
      ports,
    )
  }
  return toRecordObject(found(await usage.record(id), id))
}

/** Returns true if the audit log has this correction. The process may have crashed between correction and entry. */
async function isAudited(id: string, costNano: number, { admin }: AdminPorts): Promise<boolean> {
  const entries = (await admin.audit?.list({ limit: 100, subject: id })) ?? []
  return entries.some((entry) => entry.action === action && entry.detail?.to_usd === formatUsd(costNano))
}

function found<Value>(record: Value | undefined, id: string): Value {
  if (record !== undefined) return record
  throw new GatewayError(
    'record_not_found',
    `The record ${JSON.stringify(id.slice(0, 100))} does not exist. GET /admin/v1/records lists the ids. The record of a call appears when the call has finished, on Workers some seconds later.`,
  )
}

function reasonProblem(reason: string): string | undefined {
  const isPlain = reason.trim() !== '' && reason.length <= reasonLength && !/\p{C}/u.test(reason)
  return isPlain ? undefined : `must be a string of 1 to ${reasonLength} characters without line breaks`
}
