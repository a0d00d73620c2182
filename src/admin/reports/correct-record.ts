import { GatewayError } from '../../core/errors.ts'
import { formatUsd, toNano } from '../../core/usd.ts'
import { requireKeys, requireMetering } from '../../pipeline/call/require-ports.ts'
import type { Administrator, AdminPorts } from '../administration.ts'
import { noteAudit } from '../audit.ts'
import { amount, fields, stringOf } from '../keys/field-types.ts'
import { parseInput } from '../keys/input.ts'
import { toRecordObject } from './records.ts'
import type { RecordObject } from './report-schemas.ts'

const reasonLength = 500

/** The request that corrects a record. */
export const correctionSchema = fields({
  cost_usd: amount().describe('What the attempt cost, in USD, in place of what was booked.'),
  reason: stringOf(reasonProblem).describe(
    `1 to ${reasonLength} characters for the audit log, such as the number of the invoice.`,
  ),
}).describe('Another cost for a record.')

const action = 'record.correct'

/**
 * Sets the cost of a record, and notes the old one with the reason. The same correction made again changes nothing, and notes nothing but what
 * a failure has kept out of the log. Rejects as {@link Admin} does, and with GatewayError `record_not_found`.
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
  if (!isRepeated || !(await isNoted(id, costNano, ports))) {
    const fromNano = isRepeated ? (known.bookedNano ?? oldNano) : oldNano
    const amounts = { from_usd: formatUsd(fromNano), from_source: costSource, to_usd: formatUsd(costNano) }
    await noteAudit({ action, subject: id, detail: { key_id: known.keyId, ...amounts, reason } }, administrator, ports)
  }
  return toRecordObject(found(await usage.record(id), id))
}

/** The process that made the correction may have died before it could note it. */
async function isNoted(id: string, costNano: number, { admin }: AdminPorts): Promise<boolean> {
  const entries = (await admin.audit?.list({ limit: 100, subject: id })) ?? []
  return entries.some((entry) => entry.action === action && entry.detail?.to_usd === formatUsd(costNano))
}

function found<Value>(record: Value | undefined, id: string): Value {
  if (record !== undefined) return record
  throw new GatewayError(
    'record_not_found',
    `There is no record ${JSON.stringify(id.slice(0, 100))}. GET /admin/v1/records has the ids; a call is there once it is over, on Workers some seconds later.`,
  )
}

function reasonProblem(reason: string): string | undefined {
  const isPlain = reason.trim() !== '' && reason.length <= reasonLength && !/\p{C}/u.test(reason)
  return isPlain ? undefined : `must be a string of 1 to ${reasonLength} characters without line breaks`
}
