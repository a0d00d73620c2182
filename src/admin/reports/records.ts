import type { ByteStream } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { dayMs } from '../../core/time.ts'
import { formatUsd } from '../../core/usd.ts'
import { toInstant } from '../../schema/field-types.ts'
import type { NumberedRecord, RecordPage, UsageStore } from '../../storage/usage-store.ts'
import { createRowWriter, type ExportFormat, type ExportPorts, streamStrings } from './export.ts'
import type { RecordObject } from './report-schemas.ts'

/** A request for records. */
export interface RecordRequest {
  /** The earliest settlement: a day, or a date and time with its zone. */
  readonly from?: string | undefined
  /** The latest settlement in the same format; a day is included, a time is not. */
  readonly to?: string | undefined
  readonly key_id?: string | undefined
  /** Only records after this `seq`. */
  readonly after?: number | undefined
  /** Maximum number of records; all if omitted. */
  readonly limit?: number | undefined
}

const day = /^\d{4}-\d{2}-\d{2}$/

/** Converts a request to a page of the usage store. Throws GatewayError `invalid_value`. */
export function toRecordPage({ from, to, key_id: keyId, after, limit }: RecordRequest): Partial<RecordPage> {
  const page = {
    from: from === undefined ? undefined : readInstant(from, 'from'),
    to: to === undefined ? undefined : readInstant(to, 'to') + (day.test(to) ? dayMs : 0),
    keyId,
    after,
    ...(limit !== undefined && { limit }),
  }
  if (page.from === undefined || page.to === undefined || page.from < page.to) return page
  throw new GatewayError('invalid_value', 'from must be earlier than to.', { param: 'from' })
}

function readInstant(value: string, param: 'from' | 'to'): number {
  const instant = toInstant(value)
  if (instant !== undefined) return instant
  throw new GatewayError(
    'invalid_value',
    `${param} must be a day such as 2026-11-22, or a date and time with its zone such as 2026-11-22T08:00:00Z.`,
    { param },
  )
}

/** Records per page: about 300 KB of output, read in some milliseconds. */
const pageSize = 500

/** The fields of a record, in order. A value that the provider did not report is empty in CSV and omitted in JSON. */
const columns: { readonly [Name in keyof RecordObject]-?: (record: NumberedRecord) => RecordObject[Name] } = {
  seq: ({ seq }) => seq,
  id: ({ id }) => id,
  request_id: ({ requestId }) => requestId,
  attempt: ({ attempt }) => attempt,
  key_id: ({ keyId }) => keyId,
  end_user: ({ endUser }) => endUser,
  operation: ({ operation }) => operation,
  provider: ({ provider }) => provider,
  model: ({ model }) => model,
  stream: ({ isStream }) => isStream,
  tags: ({ tags }) => tags,
  outcome: ({ outcome }) => outcome,
  status: ({ status }) => status,
  error_code: ({ errorCode }) => errorCode,
  route: ({ route }) => route,
  failure: ({ failure }) => failure,
  finish_reason: ({ finishReason }) => finishReason,
  input_tokens: ({ usage }) => usage?.inputTokens,
  cached_input_tokens: ({ usage }) => usage?.cachedInputTokens,
  cache_write_tokens: ({ usage }) => usage?.cacheWriteTokens,
  audio_input_tokens: ({ usage }) => usage?.audioInputTokens,
  image_input_tokens: ({ usage }) => usage?.imageInputTokens,
  output_tokens: ({ usage }) => usage?.outputTokens,
  reasoning_tokens: ({ usage }) => usage?.reasoningTokens,
  audio_output_tokens: ({ usage }) => usage?.audioOutputTokens,
  image_output_tokens: ({ usage }) => usage?.imageOutputTokens,
  audio_seconds: ({ usage }) => usage?.seconds,
  cost_usd: ({ costNano }) => formatUsd(costNano),
  cost_source: ({ costSource }) => costSource,
  booked_usd: ({ originalCostNano }) => (originalCostNano === undefined ? undefined : formatUsd(originalCostNano)),
  reserved_usd: ({ reservedNano }) => formatUsd(reservedNano),
  would_refuse: ({ wouldRefuse }) => wouldRefuse,
  opened_at: ({ openedAt }) => new Date(openedAt).toISOString(),
  settled_at: ({ settledAt }) => new Date(settledAt).toISOString(),
  first_byte_ms: ({ firstByteMs }) => firstByteMs,
  duration_ms: ({ durationMs }) => durationMs,
}

/** Converts one record to its response. */
export function toRecordObject(record: NumberedRecord): RecordObject {
  // The cast is safe because `columns` has every field.
  return Object.fromEntries(Object.entries(columns).map(([name, read]) => [name, read(record)])) as RecordObject
}

/**
 * Streams the records that match a filter, oldest first, with one page in memory. Rejects on a failure before the first
 * page; a later failure fails the stream, so a client cannot take an incomplete export for a complete one.
 */
export function exportRecords(
  { usage, clock }: ExportPorts,
  filter: Partial<RecordPage>,
  format: ExportFormat,
): Promise<ByteStream> {
  return streamStrings(renderRows(usage, filter, format), clock)
}

async function* renderRows(
  usage: UsageStore,
  { limit: left = Number.POSITIVE_INFINITY, ...filter }: Partial<RecordPage>,
  format: ExportFormat,
): AsyncGenerator<string, void> {
  const writer = createRowWriter(format, columns)
  let slice = await usage.records({ ...filter, limit: Math.min(pageSize, left) })
  yield `${writer.head}${writer.rows(slice.records)}`
  for (let rest = left - slice.records.length; slice.next !== undefined && rest > 0; rest -= slice.records.length) {
    slice = await usage.records({ ...filter, limit: Math.min(pageSize, rest), after: slice.next })
    yield writer.rows(slice.records)
  }
  yield writer.tail
}
