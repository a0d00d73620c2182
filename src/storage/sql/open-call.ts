import type { AdmissionRequest } from '../ledger.ts'
import { readInteger, readText } from './read-column.ts'
import type { SqlRow } from './sql.ts'

/** The name of a subject that a call was counted for, and the `latest` of its counters then. */
export type OpenSubject = readonly [name: string, takenAt: number]

/** What an open record holds. */
export interface OpenCall {
  readonly request: AdmissionRequest
  readonly subjects: readonly OpenSubject[]
  readonly wouldRefuse: readonly string[]
}

/** The columns that {@link readOpenCall} reads. */
export const openColumns = 'id, opened_at, detail'

type Detail = readonly [
  ...[requestId: string, attempt: number, keyId: string, endUser: string, operation: string, provider: string],
  ...[
    model: string,
    isStream: boolean,
    tags: readonly string[],
    tokens: number,
    reservedNano: number,
    isPriced: boolean,
  ],
  subjects: OpenCall['subjects'],
  wouldRefuse: readonly string[],
]

/** The column `detail`: JSON without names, since every byte is written twice, to the log and to the file. */
export function toDetail({ request, subjects, wouldRefuse }: OpenCall): string {
  const detail: Detail = [
    request.requestId,
    request.attempt,
    request.keyId,
    request.endUser,
    request.operation,
    request.provider,
    request.model,
    request.isStream,
    request.tags,
    request.tokens,
    request.reservedNano,
    request.isPriced,
    subjects,
    wouldRefuse,
  ]
  return JSON.stringify(detail)
}

export function readOpenCall(row: SqlRow): OpenCall {
  // The cast holds as only `toDetail` writes this column.
  const detail = JSON.parse(readText(row, 'detail')) as Detail
  const [requestId, attempt, keyId, endUser, operation, provider, model, ...rest] = detail
  const [isStream, tags, tokens, reservedNano, isPriced, subjects, wouldRefuse] = rest
  const asked = { requestId, attempt, keyId, endUser, operation, provider, model, isStream, tags, tokens }
  const request = { ...asked, reservedNano, isPriced, id: readText(row, 'id'), now: readInteger(row, 'opened_at') }
  return { request, subjects, wouldRefuse }
}
