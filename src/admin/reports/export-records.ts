import type { ByteStream } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'
import { toUsdText } from '../../core/usd.ts'
import type { NumberedRecord, RecordPage, UsageStore } from '../../storage/usage-store.ts'
import { createRowWriter, type ExportFormat } from './create-row-writer.ts'
import type { RecordObject } from './report-schemas.ts'
import { streamTexts } from './stream-texts.ts'

/** About 300 KB of text, and some milliseconds to read. */
const pageSize = 500

/** The fields of a record, in this order. A detail that the provider did not report is empty in CSV, and left out of JSON. */
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
  cost_usd: ({ costNano }) => toUsdText(costNano),
  cost_source: ({ costSource }) => costSource,
  reserved_usd: ({ reservedNano }) => toUsdText(reservedNano),
  would_refuse: ({ wouldRefuse }) => wouldRefuse,
  opened_at: ({ openedAt }) => new Date(openedAt).toISOString(),
  settled_at: ({ settledAt }) => new Date(settledAt).toISOString(),
  first_byte_ms: ({ firstByteMs }) => firstByteMs,
  duration_ms: ({ durationMs }) => durationMs,
}

export interface ExportPorts {
  readonly usage: UsageStore
  readonly clock: Pick<Clock, 'after'>
}

/**
 * The records of a time, of a key or of all, oldest first, as a stream that holds one page at a time. A failure before the first page
 * rejects; a later one fails the stream, so that an incomplete export cannot be taken for the whole.
 */
export function exportRecords(
  { usage, clock }: ExportPorts,
  filter: Partial<RecordPage>,
  format: ExportFormat,
): Promise<ByteStream> {
  return streamTexts(readTexts(usage, filter, format), clock)
}

async function* readTexts(
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
