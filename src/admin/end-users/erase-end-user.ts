import * as z from 'zod'
import { GatewayError } from '../../core/errors.ts'
import { requireBlobs, requireKeys, requireStorage } from '../../pipeline/call/require-ports.ts'
import { fields, stringOf } from '../../schema/field-types.ts'
import type { IdempotencyStore } from '../../storage/idempotency-store.ts'
import type { ImageStore } from '../../storage/image-store.ts'
import { deleteImage } from '../../storage/maintenance.ts'
import type { ResponseStore } from '../../storage/response-store.ts'
import type { SessionStore } from '../../storage/session-store.ts'
import type { UsageStore } from '../../storage/usage-store.ts'
import type { Administrator, AdminPorts } from '../administration.ts'
import { appendAudit } from '../audit.ts'
import { parseInput } from '../keys/input.ts'
import { readCursor } from '../page-request.ts'
import { revokeUser } from '../user-tokens/revoke-tokens.ts'
import { endUserSchema, type NamedUser, toNamedUser } from './end-user.ts'

/** The request that erases an end user. */
export const erasureInputSchema = fields({
  ...endUserSchema.shape,
  dry_run: z.boolean('must be true or false').optional().describe('True only counts. Default: false.'),
  after: stringOf().optional().describe('The `next` of the previous response to the same request.'),
}).describe('An end user to erase.')

const count = () => z.int().min(0)

export const erasureSchema = z
  .strictObject({
    object: z.literal('end_user.erasure'),
    key_id: z.string(),
    dry_run: z.boolean().describe('True if nothing was changed.'),
    sessions: count().describe('Deleted sessions.'),
    messages: count().describe('Deleted messages of these sessions.'),
    images: count().describe('Deleted images.'),
    responses: count().describe('Deleted responses to calls with an `Idempotency-Key`.'),
    records: count().describe('Usage records that no longer name the end user.'),
    pending_calls: count().describe(
      'Calls of the end user in progress. What they store has the name: repeat the request when they have ended.',
    ),
    has_more: z
      .boolean()
      .describe(
        'True if one request cannot erase everything: repeat it at once. After a dry run, the counts are too low then.',
      ),
    next: z.string().nullable().describe('The value of `after` for the repetition.'),
  })
  .describe('What a request erased. It contains neither the name nor the pseudonym of the end user.')

export type ErasureObject = Readonly<z.output<typeof erasureSchema>>

type Counts = { -readonly [Name in 'sessions' | 'messages' | 'images' | 'responses' | 'records']: number }

/** Sessions, and keys of responses, that one statement deletes. */
const sessionLimit = 50
const responseLimit = 200
const pageLimit = 100

/**
 * Erases an end user of a key: revokes their tokens, deletes their sessions, images and stored responses, and replaces
 * their name in the usage records and sums by a random pseudonym.
 *
 * Every step finds its work by the name alone and is atomic, and no step needs what an earlier one deletes. A repetition
 * therefore finishes what a crash left. The order:
 *
 * 1. Tokens: no new call starts.
 * 2. The ledger: counts the calls in progress and moves the records of all others to the usage store. It comes before
 *    the deletions: a call that ends during them is in `pending_calls`, or its record is renamed. A call in progress
 *    keeps its name, because its process, and on Node perhaps another one, holds it; so the response reports such calls
 *    instead of failing. All that is stored already is erased.
 * 3. Responses and sessions.
 * 4. Records with their sums, in transactions of bounded size.
 * 5. Images, last because their store is another system and may be down: first the bytes, then the entry that finds
 *    them.
 *
 * A request does a bounded part of the work, and `next` names the records that it has passed. Without it, a repetition
 * starts from the first record, and finds only what is left.
 *
 * The pseudonym is new for each request and not returned: no one can link it to the name. Rejects as {@link Admin} does.
 */
export async function eraseEndUser(
  input: unknown,
  administrator: Administrator,
  ports: AdminPorts,
): Promise<ErasureObject> {
  const { key_id: keyId, end_user: name, dry_run: isDryRun = false, after } = parseInput(erasureInputSchema, input)
  const user = toNamedUser(keyId, name, ports.secrets)
  const cursorEnd = user.digest.slice(0, 16)
  const firstSeq = after === undefined ? 0 : readSeq(after, cursorEnd)
  const counts: Counts = { sessions: 0, messages: 0, images: 0, responses: 0, records: 0 }
  const audit = (rest: { readonly pending_calls?: number; readonly has_more: boolean }) =>
    isDryRun
      ? undefined
      : appendAudit(
          { action: 'end_user.erase', subject: keyId, detail: { end_user_sha256: user.digest, ...counts, ...rest } },
          administrator,
          ports,
        )
  try {
    const { nextSeq, ...rest } = await erase(user, counts, { isDryRun, after: firstSeq }, ports)
    await audit(rest)
    const next = nextSeq === undefined ? null : `${nextSeq}.${cursorEnd}`
    return { object: 'end_user.erasure', key_id: keyId, dry_run: isDryRun, ...counts, ...rest, next }
  } catch (error) {
    // A part was erased before the failure, and the audit log has every change.
    if (Object.values(counts).some((erased) => erased > 0)) await audit({ has_more: true })?.catch(() => {})
    throw error
  }
}

/** Reads a cursor. One of another user would skip records that still have the name. */
function readSeq(after: string, cursorEnd: string): number {
  const [, seq, end] = readCursor(after, /^(\d{1,15})\.([0-9a-f]{16})$/)
  if (end === cursorEnd) return Number(seq)
  throw new GatewayError('invalid_value', 'after belongs to another request. Omit it to start again.', {
    param: 'after',
  })
}

interface ErasureOptions {
  readonly isDryRun: boolean
  /** Only records after this `seq`. */
  readonly after: number
}

interface ErasureRest extends Pick<ErasureObject, 'pending_calls' | 'has_more'> {
  /** `after` of the next request, if records are left. */
  readonly nextSeq: number | undefined
}

/** Adds to `counts` what it erases, or finds in a dry run. */
async function erase(
  user: NamedUser,
  counts: Counts,
  { isDryRun, after }: ErasureOptions,
  ports: AdminPorts,
): Promise<ErasureRest> {
  const { keyId, endUser, owners } = user
  const { clock, metering, admin } = ports
  const { sessions, images, idempotency, responses } = requireStorage(ports)
  const now = clock.now()
  const budget = createBudget(admin.erasure.maxStatements)

  if (!isDryRun) await revokeUser(keyId, endUser, ports)

  let pendingCalls = 0
  if (metering !== undefined) {
    const [, ...above] = await requireKeys(ports).store.lineage(keyId)
    const keyIds = [keyId]
    // A key above counts the calls of all keys below it for one user. Those of another key stay counted.
    for (const id of above) if (!(await metering.usage.namesUser(id, user))) keyIds.push(id)
    const familyId = above.at(-1) ?? keyId
    pendingCalls = await metering.ledger.eraseUser({ keyId, endUser, familyId, keyIds, isDryRun })
  }

  let running = 0
  for (const owner of owners) {
    const keys = await idempotency.countOf(owner, now)
    running += keys.running
    if (isDryRun) counts.responses += keys.ended
    else {
      await eraseResponses(idempotency, owner, now, counts, budget)
      await forgetResponses(responses, owner, budget)
    }
    await (isDryRun ? countSessions : eraseSessions)(sessions, owner, counts, budget)
  }
  let nextSeq: number | undefined
  if (metering !== undefined) {
    if (isDryRun) await countRecords(metering.usage, user, counts, budget)
    else nextSeq = await eraseRecords(metering.usage, user, after, counts, budget, ports)
  }
  for (const owner of owners) await eraseImages(images, owner, isDryRun, counts, budget, ports)
  // A call with an Idempotency-Key is in both numbers.
  return { pending_calls: Math.max(pendingCalls, running), has_more: budget.isSpent(), nextSeq }
}

/** The statements that a request may still run. */
interface Budget {
  /** Returns false, from then on, if `statements` exceed the rest. */
  take(statements: number): boolean
  isSpent(): boolean
}

function createBudget(maxStatements: number): Budget {
  let left = maxStatements
  let isSpent = false
  return {
    take(statements) {
      if (left < statements) isSpent = true
      left -= statements
      return !isSpent
    },
    isSpent: () => isSpent,
  }
}

async function eraseResponses(store: IdempotencyStore, owner: string, now: number, counts: Counts, budget: Budget) {
  while (budget.take(1)) {
    const deleted = await store.deleteOf(owner, now, responseLimit)
    counts.responses += deleted
    if (deleted < responseLimit) return
  }
}

/** The responses themselves are at the provider, where no other caller of Weir can retrieve them. */
async function forgetResponses(store: ResponseStore, owner: string, budget: Budget) {
  while (budget.take(1)) if ((await store.deleteOf(owner, responseLimit)) < responseLimit) return
}

async function eraseSessions(store: SessionStore, owner: string, counts: Counts, budget: Budget) {
  while (budget.take(1)) {
    const deleted = await store.deleteOf(owner, sessionLimit)
    counts.sessions += deleted.sessions
    counts.messages += deleted.messages
    if (deleted.sessions < sessionLimit) return
  }
}

async function countSessions(store: SessionStore, owner: string, counts: Counts, budget: Budget) {
  for (let before: { readonly updatedAt: number; readonly id: string } | undefined; budget.take(1); ) {
    const page = await store.list(owner, { limit: pageLimit, before })
    counts.sessions += page.length
    counts.messages += page.reduce((sum, { version }) => sum + version, 0)
    before = page.at(-1)
    if (page.length < pageLimit) return
  }
}

/** Statements of one step that renames records. */
const statementsPerStep = 6

/** Returns the `after` of the next request if the budget is spent. */
async function eraseRecords(
  usage: UsageStore,
  { keyId, endUser }: NamedUser,
  first: number,
  counts: Counts,
  budget: Budget,
  { admin, secrets, clock }: AdminPorts,
): Promise<number | undefined> {
  const pseudonym = `erased:${secrets.randomHex(12)}`
  const limit = admin.erasure.recordsPerStep
  let after = first
  while (budget.take(statementsPerStep)) {
    const { records, next } = await usage.eraseUser({ keyId, endUser, pseudonym, limit, after })
    counts.records += records
    if (next === undefined) return undefined
    after = next
    // A local database responds without a pause, and calls wait meanwhile.
    await new Promise<void>((resolve) => clock.after(0, resolve))
  }
  return after
}

async function countRecords(usage: UsageStore, { keyId, endUser }: NamedUser, counts: Counts, budget: Budget) {
  for (let after: number | undefined = 0; after !== undefined && budget.take(2); ) {
    const page = await usage.records({ keyId, endUser, limit: 1_000, after })
    counts.records += page.records.length
    after = page.next
  }
}

/** An image takes one statement, and one request to the blob store. */
async function eraseImages(
  images: ImageStore,
  owner: string,
  isDryRun: boolean,
  counts: Counts,
  budget: Budget,
  ports: AdminPorts,
) {
  for (let after: string | undefined; budget.take(1); ) {
    const page = await images.listOf(owner, { limit: pageLimit, after })
    for (const { id } of page) {
      if (!isDryRun && !budget.take(1)) return
      if (!isDryRun) await deleteImage({ images, blobs: requireBlobs(ports) }, id)
      counts.images += 1
    }
    after = page.at(-1)?.id
    if (page.length < pageLimit) return
  }
}
