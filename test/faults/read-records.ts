import type { RawResponse } from '../support/raw-client.ts'
import type { StoredGateway } from '../support/stored-gateway.ts'

/** A row of `call_records`. */
export interface RecordRow {
  readonly id: string
  readonly request_id: string
  readonly attempt: number
  readonly key_id: string
  readonly end_user: string
  readonly provider: string
  readonly model: string
  readonly outcome: string
  readonly status: number
  readonly error_code: string | null
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly cost_nano: number
  readonly cost_source: string
  readonly reserved_nano: number
}

/** Resolves with all records of the gateway, in the order in which calls began, once all calls are settled. */
export async function readRecords(gateway: StoredGateway): Promise<readonly RecordRow[]> {
  await gateway.flushLedger()
  const rows = await gateway.sql('SELECT * FROM call_records ORDER BY id')
  return rows as unknown as readonly RecordRow[]
}

/** The same for the calls that had these responses, whose gateway other cases may share. */
export async function readRecordsOf(
  gateway: StoredGateway,
  ...responses: readonly RawResponse[]
): Promise<readonly RecordRow[]> {
  const ids = responses.map((response) => response.header('x-request-id'))
  return (await readRecords(gateway)).filter(({ request_id: id }) => ids.includes(id))
}
