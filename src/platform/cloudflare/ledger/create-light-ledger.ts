import type { Clock } from '../../../core/clock.ts'
import { dayMs } from '../../../core/time.ts'
import { startOfPeriod } from '../../../metering/period.ts'
import type { AdmissionRequest, Balance, Ledger, Settlement } from '../../../storage/ledger/ledger.ts'
import { nothingSpent } from '../../../storage/ledger/read-account.ts'
import { isVirtualKey } from '../../../storage/sql/ledger/create-key-chain-cache.ts'
import type { UsageStore, UsageSum } from '../../../storage/usage-store.ts'

export interface LightLedgerOptions<Full extends Ledger> {
  /** Has the calls of virtual keys, and every call from the first of them on. */
  readonly full: Full
  readonly usage: Pick<UsageStore, 'addSums' | 'spending'>
  /** True once a virtual key was made, also if it is deleted since. */
  readonly hasKeys: () => Promise<boolean>
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Told where D1 cannot be read or written; the sums wait for the next time. */
  readonly onFailure: (error: unknown) => void
}

/** A ledger that sums the calls without a virtual key, and records none of them, until there is a virtual key. */
export type LightLedger<Full extends Ledger> = Full & {
  /** Ends the summing at once, where this isolate made the first key. Others find out with their next batch. */
  endLight(): void
}

/** Cloudflare lets the work that a call has left run on for 30 seconds. */
const batchMs = 15_000
/** By now Cloudflare has broken off the call that was to write. */
const overdueMs = 2 * batchMs
/** With an end user and five tags each, 50 sums are 40 statements; the free plan has 50 for a call. */
const maxSums = 50
/** Sums that are kept while D1 cannot be written. */
const maxWaiting = 1_000

/** Sums by the kind of their calls: a day, a caller, an end user, a model and tags. */
type Sums = Map<string, UsageSum>

/**
 * Metering without a write for each call: a free Cloudflare plan writes rows for a third of the calls that it takes. An isolate that ends loses what it has
 * not written, and a batch whose answer is lost counts twice. See docs/decisions/0023.
 */
export function createLightLedger<Full extends Ledger>({
  full,
  usage,
  hasKeys,
  clock,
  onFailure,
}: LightLedgerOptions<Full>): LightLedger<Full> {
  const waiting: Sums = new Map()
  /** Batches that D1 has not answered, with the time by which it has to. */
  const inFlight = new Map<Sums, number>()
  let lostCalls = 0
  let isKnown = false
  let isOver = false
  /** Until then one call waits to write for all. */
  let writerEnds = Number.NEGATIVE_INFINITY
  let retryAt = Number.NEGATIVE_INFINITY

  async function findKeys(): Promise<void> {
    if (!isOver && (await hasKeys())) isOver = true
  }

  /** The first call of an isolate waits for the answer; later ones come with the batches. Where D1 does not answer, calls that need nothing of it pass. */
  async function isLight(): Promise<boolean> {
    if (isKnown) return !isOver
    await findKeys().catch(onFailure)
    isKnown = true
    return !isOver
  }

  async function write(): Promise<void> {
    for (const [late, endsAt] of inFlight) if (clock.now() >= endsAt) giveBack(late)
    const batch: Sums = new Map([...waiting].slice(0, maxSums))
    for (const kind of batch.keys()) waiting.delete(kind)
    inFlight.set(batch, clock.now() + overdueMs)
    try {
      await usage.addSums([...batch.values()])
      inFlight.delete(batch)
    } catch (error) {
      giveBack(batch)
      retryAt = clock.now() + batchMs
      onFailure(error)
    }
    if (lostCalls > 0)
      onFailure(new Error(`The usage of ${lostCalls} calls is lost: too many kinds of calls wait for D1.`))
    lostCalls = 0
  }

  function giveBack(batch: Sums): void {
    // Another has given it back already.
    if (!inFlight.delete(batch)) return
    for (const [kind, sum] of batch) add(waiting, kind, sum)
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
      if (isVirtualKey(request.keyId) || !(await isLight())) return full.admit(request)
      return { kind: 'admitted', rates: [], wouldRefuse: [], hasRecord: false }
    },
    /** Resolves for one call of each batch once it is written. The Worker runs on until then; nothing else waits for it. */
    async settle(settlement) {
      const { unrecorded } = settlement
      if (unrecorded === undefined) return full.settle(settlement)
      const sum = toSum(unrecorded, settlement)
      const kind = kindOf(sum)
      if (waiting.size < maxWaiting || waiting.has(kind)) add(waiting, kind, sum)
      else lostCalls += 1
      const now = clock.now()
      if (waiting.size >= maxSums && now >= retryAt) await write()
      else if (now >= writerEnds) await writeLater()
      return true
    },
    async balance(keyId, now) {
      if (isVirtualKey(keyId)) return full.balance(keyId, now)
      const { reservedNano, calls, streams } = (isOver && (await full.balance(keyId, now))) || nothingSpent
      const unwritten = [waiting, ...inFlight.keys()].flatMap((sums) => [...sums.values()])
      return { ...(await readSpending(usage, keyId, unwritten, now)), reservedNano, calls, streams }
    },
    endLight() {
      isOver = true
    },
  }
}

function kindOf({ day, keyId, endUser, provider, model, tags }: UsageSum): string {
  return JSON.stringify([day, keyId, endUser, provider, model, tags])
}

function add(sums: Sums, kind: string, sum: UsageSum): void {
  const known = sums.get(kind)
  sums.set(kind, known === undefined ? sum : merge(known, sum))
}

/** As its record would count, had it one. */
function toSum(call: AdmissionRequest, settlement: Settlement): UsageSum {
  const { keyId, endUser, provider, model, tags } = call
  const { outcome, usage, costNano, costSource, now } = settlement
  return {
    day: Math.floor(now / dayMs),
    keyId,
    endUser,
    provider,
    model,
    tags,
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

/** With what this isolate has not written; other isolates may have more. */
async function readSpending(
  usage: Pick<UsageStore, 'spending'>,
  keyId: string,
  unwritten: readonly UsageSum[],
  now: number,
): Promise<Spent> {
  const starts = [0, ...(['day', 'week', 'month'] as const).map((per) => startOfPeriod(per, 'UTC', now))]
  const answers = await usage.spending(
    keyId,
    starts.map((since) => ({ since, isByUser: false })),
  )
  const own = unwritten.filter((sum) => sum.keyId === keyId)
  const [spentNano = 0, dayNano = 0, weekNano = 0, monthNano = 0] = starts.map((since, at) => {
    const later = own.filter(({ day }) => day * dayMs >= since)
    return later.reduce((sum, { costNano }) => sum + costNano, answers[at]?.[0]?.spentNano ?? 0)
  })
  return { spentNano, dayNano, weekNano, monthNano }
}
