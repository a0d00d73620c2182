import type { Usage } from '../../../core/usage.ts'
import type { CostSource, LedgerRecord, RecordOutcome } from '../../ledger/ledger.ts'
import type { NumberedRecord } from '../../usage-store.ts'
import { readInteger, readOptionalInteger, readOptionalString, readString } from '../read-column.ts'
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
  'route',
  'failure',
] as const

/** The number of columns, and of parameters of {@link insertRecord}. */
export const recordColumnCount = names.length

/** The columns of `call_records` in the order of {@link toRecordParams}, without `seq`, which the database assigns. */
export const recordColumns = names.join(', ')

/** The columns that {@link toRecord} reads. */
export const readColumns = `seq, ${recordColumns}, booked_nano`

export const findRecord = `SELECT ${readColumns} FROM call_records WHERE id = ?`

/** Placeholders for one row of {@link toRecordParams}. */
export const recordPlaceholders = `(${names.map(() => '?').join(', ')})`

export const insertRecord = `INSERT INTO call_records (${recordColumns}) VALUES ${recordPlaceholders}`

/** Returns the parameters of {@link insertRecord}. Stores the first five distinct tags. */
export function toRecordParams(record: LedgerRecord): SqlValue[] {
  const { usage, tags, wouldRefuse } = record
  // A repeated tag must not count twice.
  const distinct = tags.length > 1 ? [...new Set(tags)] : tags
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
    orNull(distinct[0]),
    orNull(distinct[1]),
    orNull(distinct[2]),
    orNull(distinct[3]),
    orNull(distinct[4]),
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
    orNull(record.route),
    orNull(record.failure),
  ]
}

/** Reads a row of {@link readColumns}. The casts are safe because only {@link toRecordParams} fills these columns. */
export function toRecord(row: SqlRow): NumberedRecord {
  return {
    seq: readInteger(row, 'seq'),
    id: readString(row, 'id'),
    requestId: readString(row, 'request_id'),
    attempt: readInteger(row, 'attempt'),
    keyId: readString(row, 'key_id'),
    endUser: readString(row, 'end_user'),
    operation: readString(row, 'operation'),
    provider: readString(row, 'provider'),
    model: readString(row, 'model'),
    isStream: readInteger(row, 'is_stream') === 1,
    tags: readTags(row),
    outcome: readString(row, 'outcome') as RecordOutcome,
    status: readInteger(row, 'status'),
    errorCode: readOptionalString(row, 'error_code'),
    finishReason: readOptionalString(row, 'finish_reason'),
    usage: readUsage(row),
    costNano: readInteger(row, 'cost_nano'),
    costSource: readString(row, 'cost_source') as CostSource,
    reservedNano: readInteger(row, 'reserved_nano'),
    wouldRefuse: JSON.parse(readOptionalString(row, 'would_refuse') ?? '[]') as readonly string[],
    openedAt: readInteger(row, 'opened_at'),
    settledAt: readInteger(row, 'settled_at'),
    firstByteMs: readOptionalInteger(row, 'first_byte_ms'),
    durationMs: readInteger(row, 'duration_ms'),
    route: readOptionalString(row, 'route'),
    failure: readOptionalString(row, 'failure'),
    // The table of a Durable Object lacks this column.
    originalCostNano: row.booked_nano === undefined ? undefined : readOptionalInteger(row, 'booked_nano'),
  }
}

function orNull(value: SqlValue | undefined): SqlValue {
  return value ?? null
}

/** Returns the usage besides the two counts that have their own columns, as JSON. */
function toUsageDetail(usage: Usage | undefined): string | null {
  if (usage === undefined) return null
  for (const name in usage) {
    if (name === 'inputTokens' || name === 'outputTokens') continue
    const { inputTokens: _input, outputTokens: _output, ...detail } = usage
    const json = JSON.stringify(detail)
    return json === '{}' ? null : json
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
