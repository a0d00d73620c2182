import type { Readable } from 'node:stream'
import type { JsonObject } from '../../../core/json.ts'

/** One request for the admin API. */
export interface AdminQuestion {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/admin/v1`. */
  readonly path: string
  /** What is undefined is not sent. */
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: JsonObject
}

export interface AdminReply {
  readonly status: number
  readonly body: Readable
}

/** The admin API of a server that runs elsewhere, or of the storage in a folder of this machine. */
export interface AdminClient {
  /** The server's address, or the folder, as people call it. */
  readonly place: string
  /** Rejects with CommandError where there is no answer. */
  send(question: AdminQuestion): Promise<AdminReply>
  /** Nothing acknowledged is lost without it. */
  close(): Promise<void>
}

/** Path and query of a question. */
export function toAdminTarget({ path, query = {} }: AdminQuestion): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return `/admin/v1${path}${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`
}
