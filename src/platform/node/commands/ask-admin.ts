import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../../core/json.ts'
import type { AdminClient, AdminQuestion } from './admin-client.ts'
import { CommandError } from './command-error.ts'

/** The object that answers the question. Rejects with CommandError for a refusal, in the words of the server. */
export async function askObject(client: AdminClient, question: AdminQuestion): Promise<JsonObject> {
  return parseJsonObject(await readText(await askStream(client, question), client)) ?? refuseStranger(client)
}

/** The list of objects that answers the question. Rejects as {@link askObject} does. */
export async function askRows(client: AdminClient, question: AdminQuestion): Promise<readonly JsonObject[]> {
  const rows = parseJsonObject(`{"rows":${await readText(await askStream(client, question), client)}}`)?.rows
  return Array.isArray(rows) ? rows.filter(isJsonObject) : refuseStranger(client)
}

export interface PagesRequest {
  readonly path: string
  readonly query: NonNullable<AdminQuestion['query']>
  /** Items in one page. */
  readonly pageSize: number
  /** Items in all; otherwise as many as there are. */
  readonly most?: number | undefined
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

/** A list on the wire. */
export interface ListObject {
  readonly object: 'list'
  readonly data: readonly JsonObject[]
  readonly has_more: boolean
  readonly next: string | null
}

/** What answers the question, as it comes. Rejects as {@link askObject} does. */
export async function askStream(client: AdminClient, question: AdminQuestion): Promise<Readable> {
  const { status, body } = await client.send(question)
  if (status >= 200 && status < 300) return body
  throw new CommandError(describeRefusal(await readText(body, client), status, client))
}

async function readText(body: Readable, { place }: AdminClient): Promise<string> {
  try {
    return await text(body)
  } catch (cause) {
    throw new CommandError(`The answer of ${place} broke off. Whether it did what was asked is not known.`, { cause })
  }
}

/** RFC 9457; a proxy in between says something else. */
function describeRefusal(body: string, status: number, { place }: AdminClient): string {
  const { detail, code, param } = parseJsonObject(body) ?? {}
  if (typeof detail !== 'string') return `${place} answered with status ${status}, and not as Weir's admin API does.`
  const names = [code, param].filter((name) => typeof name === 'string')
  return names.length === 0 ? detail : `${detail} (${names.join(': ')})`
}

function refuseStranger({ place }: AdminClient): never {
  throw new CommandError(`${place} answered with something that Weir's admin API does not say.`)
}
