import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../../core/json.ts'
import { CommandError } from './command-error.ts'

/** The admin API of a server that runs elsewhere, or of the storage in a folder of this machine. */
export interface AdminClient {
  /** The server's address, or the folder, as people call it. */
  readonly place: string
  /** Rejects with CommandError where there is no answer. */
  send(question: AdminQuery): Promise<AdminReply>
  /** Nothing acknowledged is lost without it. */
  close(): Promise<void>
}

/** One request for the admin API. */
export interface AdminQuery {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/admin/v1`. */
  readonly path: string
  /** Undefined values are not sent. */
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: JsonObject
}

export interface AdminReply {
  readonly status: number
  readonly body: Readable
}

/** Path and query of a question. */
export function toAdminTarget({ path, query = {} }: AdminQuery): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return `/admin/v1${path}${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`
}

/** The object that answers the question. Rejects with CommandError for a refusal, in the words of the server. */
export async function askObject(client: AdminClient, question: AdminQuery): Promise<JsonObject> {
  return parseJsonObject(await readText(await askStream(client, question), client)) ?? refuseStranger(client)
}

/** The list of objects that answers the question. Rejects as {@link askObject} does. */
export async function askRows(client: AdminClient, question: AdminQuery): Promise<readonly JsonObject[]> {
  const rows = parseJsonObject(`{"rows":${await readText(await askStream(client, question), client)}}`)?.rows
  return Array.isArray(rows) ? rows.filter(isJsonObject) : refuseStranger(client)
}

interface PagesRequest {
  readonly path: string
  readonly query: NonNullable<AdminQuery['query']>
  /** Items in one page. */
  readonly pageSize: number
  /** The maximum number of items; all if left out. */
  readonly most?: number | undefined
}

/** A list on the wire. */
export interface ListObject {
  readonly object: 'list'
  readonly data: readonly JsonObject[]
  readonly has_more: boolean
  readonly next: string | null
}

/** A list as one page, however many it takes to read it. */
export async function askPages(client: AdminClient, request: PagesRequest): Promise<ListObject> {
  const { path, query, pageSize, most = Number.POSITIVE_INFINITY } = request
  const data: JsonObject[] = []
  let after: string | undefined
  do {
    const limit = String(Math.min(pageSize, most - data.length))
    const page = await askObject(client, { method: 'GET', path, query: { ...query, limit, after } })
    if (!Array.isArray(page.data)) refuseStranger(client)
    data.push(...page.data.filter(isJsonObject))
    after = typeof page.next === 'string' ? page.next : undefined
  } while (after !== undefined && data.length < most)
  return { object: 'list', data, has_more: after !== undefined, next: after ?? null }
}

/** The answer to the question as it comes. Rejects as {@link askObject} does. */
export async function askStream(client: AdminClient, question: AdminQuery): Promise<Readable> {
  const { status, body } = await client.send(question)
  if (status >= 200 && status < 300) return body
  throw toRefusal(await readText(body, client), status, client)
}

/** RFC 9457; a proxy in between says something else. The server's 400 is for a value on the command line. */
function toRefusal(body: string, status: number, { place }: AdminClient): CommandError {
  const { detail, code, param } = parseJsonObject(body) ?? {}
  if (typeof detail !== 'string')
    return new CommandError(`${place} answered with status ${status}, and not as Weir's admin API does.`)
  const names = [code, param].filter((name) => typeof name === 'string')
  return new CommandError(names.length === 0 ? detail : `${detail} (${names.join(': ')})`, {
    exitCode: status === 400 ? 2 : 1,
    code: typeof code === 'string' ? code : undefined,
  })
}

async function readText(body: Readable, { place }: AdminClient): Promise<string> {
  try {
    return await text(body)
  } catch (cause) {
    throw new CommandError(`The answer of ${place} broke off. Whether it did what was asked is not known.`, { cause })
  }
}

function refuseStranger({ place }: AdminClient): never {
  throw new CommandError(`${place} answered with something that Weir's admin API does not say.`)
}
