import type { Clock } from '../../../core/clock.ts'
import { dayMs } from '../../../core/time.ts'
import { startOfPeriod } from '../../../metering/period.ts'
import { isPolicy, isVirtualKey } from '../../../storage/key-ids.ts'
import type { AdmissionRequest, Balance, Ledger, Settlement } from '../../../storage/ledger/ledger.ts'
import { nothingSpent } from '../../../storage/ledger/read-account.ts'
import type { UsageStore, UsageSum } from '../../../storage/usage-store.ts'

export interface LightLedgerOptions<Full extends Ledger> {
  /** The ledger for calls of virtual keys, and for every call once a virtual key exists. */
  readonly full: Full
  readonly usage: Pick<UsageStore, 'addSums' | 'spending'>
  /** Returns true once a virtual key was created, even if it was deleted since. */
  readonly hasKeys: () => Promise<boolean>
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Receives the error if D1 cannot be read or written. Unwritten sums stay in memory for the next attempt. */
  readonly onFailure: (error: unknown) => void
}

/** A ledger that only sums calls without a virtual key, and creates no records for them, until a virtual key exists. */
export type LightLedger<Full extends Ledger> = Full & {
  /**
   * Ends light metering at once, after this isolate has created the first key. Other isolates notice with their next
   * batch.
   */
  endLight(): void
}

/** Delay before a batch is written. Cloudflare allows `waitUntil` work 30 s after the response. */
const batchMs = 15_000
/** After this time, Cloudflare has cancelled the call that was to write the batch. */
const overdueMs = 2 * batchMs
/**
 * Maximum batch. With an end user, a route and five tags each, 50 sums take 47 statements; the free plan allows 50 for a call.
 */
const maxSums = 50
/** Maximum number of sums in memory while D1 cannot be written. */
const maxWaiting = 1_000

/** Sums by group: a day, a caller, an end user, a provider, a model, tags, a route and a failure. */
type Sums = Map<string, UsageSum>

/**
 * Creates a ledger that meters without a write for each call, because the free Cloudflare plan allows row writes for
 * only a third of the calls that it allows. An isolate that ends loses its unwritten sums, and a batch whose response
 * is lost counts twice. See docs/decisions/0023.
 */
export function createLightLedger<Full extends Ledger>({
  full,
  usage,
  hasKeys,
  clock,
  onFailure,
}: LightLedgerOptions<Full>): LightLedger<Full> {
  const waiting: Sums = new Map()
  /** Batches without a response from D1, each with the time at which it counts as failed. */
  const inFlight = new Map<Sums, number>()
  let lostCalls = 0
  let isChecked = false
  let hasEnded = false
  /** Until this time, one waiting call writes the sums of all calls. */
  let writerEnds = Number.NEGATIVE_INFINITY
  let retryAt = Number.NEGATIVE_INFINITY

  async function findKeys(): Promise<void> {
    if (!hasEnded && (await hasKeys())) hasEnded = true
  }

  /**
   * Checks for keys on the first call of an isolate; later checks follow each batch. If D1 fails, calls without a key
   * pass.
   */
  async function isLight(): Promise<boolean> {
    if (isChecked) return !hasEnded
    await findKeys().catch(onFailure)
    isChecked = true
    return !hasEnded
  }

  async function write(): Promise<void> {
    for (const [late, endsAt] of inFlight) if (clock.now() >= endsAt) restore(late)
    const batch: Sums = new Map([...waiting].slice(0, maxSums))
    for (const group of batch.keys()) waiting.delete(group)
    inFlight.set(batch, clock.now() + overdueMs)
    try {
      await usage.addSums([...batch.values()])
      inFlight.delete(batch)
    } catch (error) {
      restore(batch)
      retryAt = clock.now() + batchMs
      onFailure(error)
    }
    if (lostCalls > 0)
      onFailure(new Error(`The usage of ${lostCalls} calls is lost: the queue of sums for D1 is full.`))
    lostCalls = 0
  }

  function restore(batch: Sums): void {
    // The batch was already restored as overdue.
    if (!inFlight.delete(batch)) return
    for (const [group, sum] of batch) add(waiting, group, sum)
  }

  async function writeLater(): Promise<void> {
    const endsAt = clock.now() + overdueMs
    writerEnds = endsAt
    await new Promise<void>((resolve) => clock.after(batchMs, resolve))
    if (writerEnds === endsAt) writerEnds = Number.NEGATIVE_INFINITY
    await write()
    await findKeys().catch(onFailure)
  }

  return {
    ...full,
    async admit(request) {
      const hasLimits = isVirtualKey(request.keyId) || request.rules !== undefined
      if (hasLimits || !(await isLight())) return full.admit(request)
      return { kind: 'admitted', rates: [], wouldRefuse: [], hasRecord: false }
    },
    /**
     * For one call of each batch, resolves only after the write. The Worker stays alive until then; nothing else waits
     * for it.
     */
    async settle(settlement) {
      const { unrecorded } = settlement
      if (unrecorded === undefined) return full.settle(settlement)
      const sum = toSum(unrecorded, settlement)
      const group = groupOf(sum)
      if (waiting.size < maxWaiting || waiting.has(group)) add(waiting, group, sum)
      else lostCalls += 1
      const now = clock.now()
      if (waiting.size >= maxSums && now >= retryAt) await write()
      else if (now >= writerEnds) await writeLater()
      return true
    },
    /** Counts calls whose sums this isolate has not written yet as running. */
    async eraseUser(erasure) {
      const { keyId, endUser } = erasure
      const sums = [waiting, ...inFlight.keys()].flatMap((batch) => [...batch.values()])
      const own = sums.filter((sum) => sum.keyId === keyId && sum.endUser === endUser)
      return own.reduce((total, { calls }) => total + calls, await full.eraseUser(erasure))
    },
    async balance(keyId, now) {
      if (isVirtualKey(keyId) || isPolicy(keyId)) return full.balance(keyId, now)
      const { reservedNano, calls, streams } = (hasEnded && (await full.balance(keyId, now))) || nothingSpent
      const unwritten = [waiting, ...inFlight.keys()].flatMap((sums) => [...sums.values()])
      return { ...(await readSpending(usage, keyId, unwritten, now)), reservedNano, calls, streams }
    },
    endLight() {
      hasEnded = true
    },
  }
}

function groupOf({ day, keyId, endUser, provider, model, tags, route, failure }: UsageSum): string {
  return JSON.stringify([day, keyId, endUser, provider, model, tags, route, failure])
}

function add(sums: Sums, group: string, sum: UsageSum): void {
  const known = sums.get(group)
  sums.set(group, known === undefined ? sum : merge(known, sum))
}

/** Counts a call in the same way as its record would. */
function toSum(call: AdmissionRequest, settlement: Settlement): UsageSum {
  const { keyId, endUser, provider, model, tags, route } = call
  const { outcome, failure, usage, costNano, costSource, now } = settlement
  return {
    day: Math.floor(now / dayMs),
    keyId,
    endUser,
    provider,
    model,
    tags,
    route,
    failure,
    calls: 1,
    failedCalls: outcome === 'ok' || outcome === 'client_gone' ? 0 : 1,
    unpricedCalls: costSource === 'unpriced' ? 1 : 0,
    inputTokens: usage?.inputTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    costNano,
  }
}

function merge(left: UsageSum, right: UsageSum): UsageSum {
  return {
    ...left,
    calls: left.calls + right.calls,
    failedCalls: left.failedCalls + right.failedCalls,
    unpricedCalls: left.unpricedCalls + right.unpricedCalls,
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    costNano: left.costNano + right.costNano,
  }
}

type Spent = Pick<Balance, 'spentNano' | 'dayNano' | 'weekNano' | 'monthNano'>

/** Includes the unwritten sums of this isolate, but not those of other isolates. */
async function readSpending(
  usage: Pick<UsageStore, 'spending'>,
  keyId: string,
  unwritten: readonly UsageSum[],
  now: number,
): Promise<Spent> {
  const starts = [0, ...(['day', 'week', 'month'] as const).map((per) => startOfPeriod(per, 'UTC', now))]
  const results = await usage.spending(
    keyId,
    starts.map((since) => ({ since, isByUser: false })),
  )
  const own = unwritten.filter((sum) => sum.keyId === keyId)
  const [spentNano = 0, dayNano = 0, weekNano = 0, monthNano = 0] = starts.map((since, at) => {
    const later = own.filter(({ day }) => day * dayMs >= since)
    return later.reduce((sum, { costNano }) => sum + costNano, results[at]?.[0]?.spentNano ?? 0)
  })
  return { spentNano, dayNano, weekNano, monthNano }
}
