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
  readonly hasKeys: () => Promise<boolean>
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Told once for each failure to write; the sums wait for the next time. */
  readonly onFailure: (error: unknown) => void
}

/** A ledger that sums the calls without a virtual key, and records none of them, until there is a virtual key. */
export type LightLedger<Full extends Ledger> = Full & {
  /** Ends the summing at once, where this isolate made the first key. Others find out with their next batch. */
  endLight(): void
}

/** Cloudflare lets what a call has left to do run on for 30 seconds. */
const batchMs = 15_000
/** A batch that is so late went down with the call that was to write it. */
const overdueMs = 2 * batchMs
/** One transaction takes so many kinds of calls within D1's 50 statements a call of the free plan. */
const mostSums = 200
/** Kinds that are kept while D1 cannot be written. */
const mostWaiting = 1_000

/**
 * Metering without a write for each call, of which the quotas of a free Cloudflare plan allow a third as many as it allows calls. An isolate that ends
 * loses the calls that it has not written, those of 15 seconds at most; a batch whose answer is lost counts twice. See docs/decisions/0023.
 */
export function createLightLedger<Full extends Ledger>({
  full,
  usage,
  hasKeys,
  clock,
  onFailure,
}: LightLedgerOptions<Full>): LightLedger<Full> {
  const open = new Map<string, AdmissionRequest>()
  const waiting = new Map<string, UsageSum>()
  let isOver: boolean | undefined
  let batchBegan = Number.NEGATIVE_INFINITY

  async function findKeys(): Promise<void> {
    if (isOver !== true) isOver = await hasKeys()
  }

  /** Waits for the first answer alone; later ones come with the batches. */
  async function isLight(): Promise<boolean> {
    // Where D1 does not answer, calls that need nothing of it pass.
    if (isOver === undefined) await findKeys().catch(onFailure)
    return isOver !== true
  }

  function add(call: AdmissionRequest, settlement: Settlement): void {
    const sum = toSum(call, settlement)
    const { day, keyId, endUser, provider, model, tags } = sum
    const kind = JSON.stringify([day, keyId, endUser, provider, model, tags])
    const known = waiting.get(kind)
    if (known !== undefined) waiting.set(kind, merge(known, sum))
    else if (waiting.size < mostWaiting) waiting.set(kind, sum)
    else onFailure(new Error('Too many kinds of calls wait to be written; the usage of a call is lost.'))
  }

  async function write(): Promise<void> {
    batchBegan = Number.NEGATIVE_INFINITY
    const batch = [...waiting].slice(0, mostSums)
    for (const [kind] of batch) waiting.delete(kind)
    try {
      await usage.addSums(batch.map(([, sum]) => sum))
    } catch (error) {
      for (const [kind, sum] of batch) {
        const newer = waiting.get(kind)
        waiting.set(kind, newer === undefined ? sum : merge(sum, newer))
      }
      throw error
    }
  }

  /** For one call of each batch, which writes for all. */
  async function writeLater(): Promise<void> {
    await new Promise<void>((resolve) => clock.after(batchMs, resolve))
    await write().catch(onFailure)
    await findKeys().catch(onFailure)
  }

  return {
    ...full,
    async admit(request) {
      if (isVirtualKey(request.keyId) || !(await isLight())) return full.admit(request)
      open.set(request.id, request)
      return { kind: 'admitted', rates: [], wouldRefuse: [], hasRecord: false }
    },
    async settle(settlement) {
      const call = open.get(settlement.id)
      if (call === undefined) return full.settle(settlement)
      open.delete(settlement.id)
      add(call, settlement)
      const now = clock.now()
      if (now < batchBegan + overdueMs) return true
      batchBegan = now
      // The Worker runs until this resolves; nothing else waits for it.
      await writeLater()
      return true
    },
    async balance(keyId, now) {
      if (isVirtualKey(keyId)) return full.balance(keyId, now)
      await write()
      const { reservedNano, calls, streams } = (isOver === true && (await full.balance(keyId, now))) || nothingSpent
      return { ...(await readSpending(usage, keyId, now)), reservedNano, calls, streams }
    },
    endLight() {
      isOver = true
    },
  }
}

/** As its record would count, had it one. */
function toSum(call: AdmissionRequest, settlement: Settlement): UsageSum {
  const { keyId, endUser, provider, model, tags } = call
  const { outcome, usage, costNano, costSource, now } = settlement
  return {
    ...{ day: Math.floor(now / dayMs), keyId, endUser, provider, model, tags },
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

async function readSpending(usage: Pick<UsageStore, 'spending'>, keyId: string, now: number): Promise<Spent> {
  const periods = (['day', 'week', 'month'] as const).map((per) => startOfPeriod(per, 'UTC', now))
  const answers = await usage.spending(
    keyId,
    [0, ...periods].map((since) => ({ since, isByUser: false })),
  )
  const [spentNano = 0, dayNano = 0, weekNano = 0, monthNano = 0] = answers.map(([spent]) => spent?.spentNano ?? 0)
  return { spentNano, dayNano, weekNano, monthNano }
}
