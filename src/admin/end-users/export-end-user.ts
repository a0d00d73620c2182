import * as z from 'zod'
import type { ByteStream } from '../../core/byte-stream.ts'
import { requireStorage } from '../../pipeline/call/require-ports.ts'
import { sessionsOf } from '../../pipeline/sessions/caller-sessions.ts'
import { renderSession } from '../../pipeline/sessions/render-session.ts'
import type { Image } from '../../storage/image-store.ts'
import type { UsageStore } from '../../storage/usage-store.ts'
import type { Administrator, AdminPorts } from '../administration.ts'
import { appendAudit } from '../audit.ts'
import { parseInput } from '../keys/input.ts'
import { streamStrings } from '../reports/export.ts'
import { toRecordObject } from '../reports/records.ts'
import { recordSchema } from '../reports/report-schemas.ts'
import { endUserSchema, type NamedUser, toNamedUser } from './end-user.ts'

export const imageSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('image'),
    url: z.string(),
    content_type: z.string(),
    bytes: z.int().min(0),
    prompt: z.string().nullable(),
    model: z.string().nullable(),
    created_at: z.int().describe('Seconds since 1970.'),
  })
  .describe('A stored image. Its URL opens it without a key.')

export const endUserExportSchema = z
  .strictObject({
    object: z.literal('end_user.export'),
    key_id: z.string(),
    end_user: z.string(),
    sessions: z
      .array(z.looseObject({ id: z.string(), object: z.literal('session'), messages: z.array(z.looseObject({})) }))
      .readonly()
      .describe('As `GET /v1/sessions/{id}/export` returns them.'),
    images: z.array(imageSchema).readonly(),
    records: z.array(recordSchema).readonly(),
  })
  .describe('Everything that is stored of an end user. The document of an export that broke off has no end.')

const sessionsPerPage = 100
const imagesPerPage = 100
const recordsPerPage = 500

/**
 * Streams everything that is stored of an end user as one JSON document: sessions with their messages, images without
 * their bytes, and usage records. The audit log notes the export first. Rejects on a failure before the first chunk; a
 * later failure fails the stream, so an incomplete export lacks its end. Rejects as {@link Admin} does.
 */
export async function exportEndUser(
  input: unknown,
  publicUrl: string,
  administrator: Administrator,
  ports: AdminPorts,
): Promise<ByteStream> {
  requireStorage(ports)
  const { key_id: keyId, end_user: name } = parseInput(endUserSchema, input)
  const user = toNamedUser(keyId, name, ports.secrets)
  await appendAudit(
    { action: 'end_user.export', subject: keyId, detail: { end_user_sha256: user.digest } },
    administrator,
    ports,
  )
  return streamStrings(renderUser(user, name, publicUrl, ports), ports.clock)
}

async function* renderUser(
  user: NamedUser,
  name: string,
  publicUrl: string,
  ports: AdminPorts,
): AsyncGenerator<string, void> {
  const head = { object: 'end_user.export', key_id: user.keyId, end_user: name }
  yield `${JSON.stringify(head).slice(0, -1)},"sessions":[`
  yield* renderSessions(user, ports)
  yield '],"images":['
  yield* joinPages(readImages(user, publicUrl, ports))
  yield '],"records":['
  // Without metering there are no records.
  if (ports.metering !== undefined) yield* joinPages(readRecords(user, ports.metering.usage))
  yield ']}\n'
}

async function* renderSessions({ keyId, owners }: NamedUser, ports: AdminPorts): AsyncGenerator<string, void> {
  let separator = ''
  for (const owner of owners) {
    const sessions = sessionsOf({ owner, keyId, isAnonymous: false }, ports)
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const { items, next } = await sessions.list(sessionsPerPage, cursor)
      for (const { id } of items) {
        const { session, pages } = await sessions.exportPages(id)
        yield separator
        yield* renderSession(session, pages, ports.buffers.open())
        separator = ',\n'
      }
      cursor = next
    }
  }
}

async function* readImages({ owners }: NamedUser, publicUrl: string, ports: AdminPorts) {
  const { images } = requireStorage(ports)
  for (const owner of owners) {
    for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
      const page: readonly Image[] = await images.listOf(owner, { limit: imagesPerPage, after })
      yield page.map((image) => toImageObject(image, publicUrl))
      after = page.length < imagesPerPage ? undefined : page.at(-1)?.id
    }
  }
}

function toImageObject(
  { id, contentType, size, prompt, model, createdAt }: Image,
  publicUrl: string,
): z.output<typeof imageSchema> {
  return {
    id,
    object: 'image',
    url: `${publicUrl}/images/${id}`,
    content_type: contentType,
    bytes: size,
    prompt: prompt ?? null,
    model: model ?? null,
    created_at: Math.floor(createdAt / 1000),
  }
}

async function* readRecords({ keyId, endUser }: NamedUser, usage: UsageStore) {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const { records, next } = await usage.records({ keyId, endUser, limit: recordsPerPage, after })
    yield records.map(toRecordObject)
    after = next
  }
}

/** Joins the objects of all pages with commas. */
async function* joinPages(pages: AsyncIterable<readonly object[]>): AsyncGenerator<string, void> {
  let separator = ''
  for await (const page of pages) {
    if (page.length === 0) continue
    yield `${separator}${page.map((object) => JSON.stringify(object)).join(',\n')}`
    separator = ',\n'
  }
}
