import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../../core/json.ts'
import { CommandError } from './command-error.ts'

/** A client of the admin API, of a remote server or of the storage in a folder of this machine. */
export interface AdminClient {
  /** The server's URL or the storage folder, for messages. */
  readonly location: string
  /** Rejects with CommandError if no response arrives. */
  send(query: AdminQuery): Promise<AdminReply>
  /** Releases the client. No acknowledged write is lost without it. */
  close(): Promise<void>
}

/** One request to the admin API. */
export interface AdminQuery {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path below `/admin/v1`. */
  readonly path: string
  /** Undefined values are not sent. */
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: JsonObject
}

export interface AdminReply {
  readonly status: number
  readonly body: Readable
}

/** Returns the request target: path and query string. */
export function toAdminTarget({ path, query = {} }: AdminQuery): string {
  const params = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return `/admin/v1${path}${params.length === 0 ? '' : `?${new URLSearchParams(params)}`}`
}

/** Returns the response as an object. Rejects with CommandError and the server's message if the server refuses. */
export async function fetchObject(client: AdminClient, query: AdminQuery): Promise<JsonObject> {
  return parseJsonObject(await readBody(await fetchStream(client, query), client)) ?? throwUnknownResponse(client)
}

/** Returns the response as an array of objects. Rejects as {@link fetchObject} does. */
export async function fetchRows(client: AdminClient, query: AdminQuery): Promise<readonly JsonObject[]> {
  const rows = parseJsonObject(`{"rows":${await readBody(await fetchStream(client, query), client)}}`)?.rows
  return Array.isArray(rows) ? rows.filter(isJsonObject) : throwUnknownResponse(client)
}

interface PagesRequest {
  readonly path: string
  readonly query: NonNullable<AdminQuery['query']>
  /** Items per page. */
  readonly pageSize: number
  /** Maximum number of items; unlimited if left out. */
  readonly maxItems?: number | undefined
}

/** A list in the format of the admin API. */
export interface ListObject {
  readonly object: 'list'
  readonly data: readonly JsonObject[]
  readonly has_more: boolean
  readonly next: string | null
}

/** Reads all pages of a list and returns them as one. */
export async function fetchPages(client: AdminClient, request: PagesRequest): Promise<ListObject> {
  const { path, query, pageSize, maxItems = Number.POSITIVE_INFINITY } = request
  const data: JsonObject[] = []
  let after: string | undefined
  do {
    const limit = String(Math.min(pageSize, maxItems - data.length))
    const page = await fetchObject(client, { method: 'GET', path, query: { ...query, limit, after } })
    if (!Array.isArray(page.data)) throwUnknownResponse(client)
    data.push(...page.data.filter(isJsonObject))
    after = typeof page.next === 'string' ? page.next : undefined
  } while (after !== undefined && data.length < maxItems)
  return { object: 'list', data, has_more: after !== undefined, next: after ?? null }
}

/** Returns the response body as a stream. Rejects as {@link fetchObject} does. */
export async function fetchStream(client: AdminClient, query: AdminQuery): Promise<Readable> {
  const { status, body } = await client.send(query)
  if (status >= 200 && status < 300) return body
  throw toCommandError(await readBody(body, client), status, client)
}

/** Converts an RFC 9457 problem; a proxy may send other bodies. Status 400 means a wrong value on the command line. */
function toCommandError(body: string, status: number, { location }: AdminClient): CommandError {
  const { detail, code, param } = parseJsonObject(body) ?? {}
  if (typeof detail !== 'string')
    return new CommandError(
      `${location} returned status ${status} with a body that is not from Weir's admin API. Check the URL.`,
    )
  const names = [code, param].filter((name) => typeof name === 'string')
  return new CommandError(names.length === 0 ? detail : `${detail} (${names.join(': ')})`, {
    exitCode: status === 400 ? 2 : 1,
    code: typeof code === 'string' ? code : undefined,
  })
}

async function readBody(body: Readable, { location }: AdminClient): Promise<string> {
  try {
    return await text(body)
  } catch (cause) {
    throw new CommandError(
      `The response of ${location} broke off. Check whether the command took effect before you repeat it.`,
      { cause },
    )
  }
}

function throwUnknownResponse({ location }: AdminClient): never {
  throw new CommandError(`${location} returned a response that is not from Weir's admin API. Check the URL.`)
}
