import type { Usage } from '../../../core/usage.ts'
import type { CostSource, LedgerRecord, RecordOutcome } from '../../ledger/ledger.ts'
import type { NumberedRecord } from '../../usage-store.ts'
import { readInteger, readOptionalInteger, readOptionalString, readText } from '../read-column.ts'
import type { SqlRow, SqlValue } from '../sql.ts'

const names = [
  'id',
  'request_id',
  'attempt',
  'key_id',
  'end_user',
  'operation',
  'provider',
  'model',
  'is_stream',
  'tag_1',
  'tag_2',
  'tag_3',
  'tag_4',
  'tag_5',
  'outcome',
  'status',
  'error_code',
  'finish_reason',
  'input_tokens',
  'output_tokens',
  'usage_detail',
  'cost_nano',
  'cost_source',
  'reserved_nano',
  'would_refuse',
  'opened_at',
  'settled_at',
  'first_byte_ms',
  'duration_ms',
] as const

/** How many there are, which is also the number of parameters of {@link insertRecord}. */
export const recordColumnCount = names.length

/** The columns of `call_records` in the order of {@link toRecordParams}, without `seq`, which the database gives. */
export const recordColumns = names.join(', ')

/** The columns that {@link toRecord} reads. */
export const readColumns = `seq, ${recordColumns}, booked_nano`

export const findRecord = `SELECT ${readColumns} FROM call_records WHERE id = ?`

/** One row of {@link toRecordParams} as placeholders. */
export const recordPlaceholders = `(${names.map(() => '?').join(', ')})`

export const insertRecord = `INSERT INTO call_records (${recordColumns}) VALUES ${recordPlaceholders}`

/** A record as {@link insertRecord} takes it. The first five different tags are kept. */
export function toRecordParams(record: LedgerRecord): SqlValue[] {
  const { usage, tags, wouldRefuse } = record
  // A tag that is named twice must not count twice.
  const different = tags.length > 1 ? [...new Set(tags)] : tags
  return [
    record.id,
    record.requestId,
    record.attempt,
    record.keyId,
    record.endUser,
    record.operation,
    record.provider,
    record.model,
    record.isStream ? 1 : 0,
    orNull(different[0]),
    orNull(different[1]),
    orNull(different[2]),
    orNull(different[3]),
    orNull(different[4]),
    record.outcome,
    record.status,
    orNull(record.errorCode),
    orNull(record.finishReason),
    orNull(usage?.inputTokens),
    orNull(usage?.outputTokens),
    toUsageDetail(usage),
    record.costNano,
    record.costSource,
    record.reservedNano,
    wouldRefuse.length === 0 ? null : JSON.stringify(wouldRefuse),
    record.openedAt,
    record.settledAt,
    orNull(record.firstByteMs),
    record.durationMs,
  ]
}

/** Reads a row of {@link readColumns}. The casts hold as only {@link toRecordParams} fills these columns. */
export function toRecord(row: SqlRow): NumberedRecord {
  return {
    seq: readInteger(row, 'seq'),
    id: readText(row, 'id'),
    requestId: readText(row, 'request_id'),
    attempt: readInteger(row, 'attempt'),
    keyId: readText(row, 'key_id'),
    endUser: readText(row, 'end_user'),
    operation: readText(row, 'operation'),
    provider: readText(row, 'provider'),
    model: readText(row, 'model'),
    isStream: readInteger(row, 'is_stream') === 1,
    tags: readTags(row),
    outcome: readText(row, 'outcome') as RecordOutcome,
    status: readInteger(row, 'status'),
    errorCode: readOptionalString(row, 'error_code'),
    finishReason: readOptionalString(row, 'finish_reason'),
    usage: readUsage(row),
    costNano: readInteger(row, 'cost_nano'),
    costSource: readText(row, 'cost_source') as CostSource,
    reservedNano: readInteger(row, 'reserved_nano'),
    wouldRefuse: JSON.parse(readOptionalString(row, 'would_refuse') ?? '[]') as readonly string[],
    openedAt: readInteger(row, 'opened_at'),
    settledAt: readInteger(row, 'settled_at'),
    firstByteMs: readOptionalInteger(row, 'first_byte_ms'),
    durationMs: readInteger(row, 'duration_ms'),
    // The table of a Durable Object has no such column.
    bookedNano: row.booked_nano === undefined ? undefined : readOptionalInteger(row, 'booked_nano'),
  }
}

function orNull(value: SqlValue | undefined): SqlValue {
  return value ?? null
}

/** The usage beside the two counts that have columns. */
function toUsageDetail(usage: Usage | undefined): string | null {
  if (usage === undefined) return null
  for (const name in usage) {
    if (name === 'inputTokens' || name === 'outputTokens') continue
    const { inputTokens: _input, outputTokens: _output, ...detail } = usage
    const text = JSON.stringify(detail)
    return text === '{}' ? null : text
  }
  return null
}

function readUsage(row: SqlRow): Usage | undefined {
  const inputTokens = readOptionalInteger(row, 'input_tokens')
  if (inputTokens === undefined) return undefined
  const detail = JSON.parse(readOptionalString(row, 'usage_detail') ?? '{}') as Partial<Usage>
  return { ...detail, inputTokens, outputTokens: readInteger(row, 'output_tokens') }
}

function readTags(row: SqlRow): readonly string[] {
  return ['tag_1', 'tag_2', 'tag_3', 'tag_4', 'tag_5'].flatMap((name) => readOptionalString(row, name) ?? [])
}
