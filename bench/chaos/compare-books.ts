import type { LedgerRecord } from '../../src/storage/ledger/ledger.ts'
import { recordColumns, toRecord } from '../../src/storage/sql/usage/record-columns.ts'
import { findOpen, findWrongSums } from '../crash/compare-records.ts'
import { callers, openLedgerFile } from '../crash/open-ledger-file.ts'
import { type Behaviour, isHealthy, type Phase, type TargetName, targetNames } from './plan-phases.ts'
import type { ChatResult } from './send-chat.ts'
import { priceUsage } from './start-servers.ts'
import type { ChaosTarget } from './start-target.ts'

export interface ChaosBooks {
  readonly phases: readonly Phase[]
  readonly targets: Readonly<Record<TargetName, ChaosTarget>>
  readonly results: ReadonlyMap<string, ChatResult>
  /** The folder of the servers' database. All servers have stopped. */
  readonly folder: string
}

export interface ChaosComparison {
  readonly calls: number
  readonly streams: number
  /** Calls in phases without a healthy target, all of which must fail. */
  readonly darkCalls: number
  /** Calls that succeeded after a failed attempt. */
  readonly rescued: number
  readonly attempts: number
  /** Attempts by the behaviour of their target. */
  readonly attemptsAt: Readonly<Partial<Record<Behaviour, number>>>
  /** Requests that the targets accepted. */
  readonly accepted: number
  readonly billedTokens: number
  readonly bookedTokens: number
  readonly bookedNano: number
  /** Violations, each a sentence that names a call. */
  readonly faults: readonly string[]
}

/** Compares the answers of the callers, the books of the targets, and the records of the ledger. */
export async function compareBooks({ phases, targets, results, folder }: ChaosBooks): Promise<ChaosComparison> {
  const database = openLedgerFile(folder)
  try {
    const records = database.sync.all(`SELECT seq, ${recordColumns} FROM call_records`, []).map(toRecord)
    const byCall = Map.groupBy(records, ({ requestId }) => requestId)
    const calls = phases.flatMap((phase) => phase.calls.map((call) => ({ phase, call })))
    const accepted = targetNames.flatMap((name) => targets[name].accepted.map((request) => ({ ...request, name })))
    const acceptedBy = Map.groupBy(accepted, ({ name, id }) => `${name} ${id}`)
    const attemptsAt: Partial<Record<Behaviour, number>> = {}
    const faults: string[] = []
    let rescued = 0
    for (const { phase, call } of calls) {
      const result = results.get(call.id)
      const attempts = (byCall.get(call.id) ?? []).toSorted((one, other) => one.attempt - other.attempt)
      const isWhole = result?.status === 200 && result.usage !== undefined
      if (isWhole && attempts.length > 1) rescued += 1
      if (phase.hasHealthy && !isWhole)
        faults.push(`failed: ${call.id} (${result?.status}), although a target was healthy`)
      if (!phase.hasHealthy && isWhole)
        faults.push(`invented: ${call.id} has an answer, although no target was healthy`)
      if (attempts.length === 0) faults.push(`lost: ${call.id} has no record`)
      const last = attempts.at(-1)
      if (isWhole && (last?.outcome !== 'ok' || last.provider !== result.provider))
        faults.push(
          `different: ${call.id} was answered by ${result.provider}, and its last record is of ${last?.provider}`,
        )
      if (
        isWhole &&
        (result.usage?.inputTokens !== call.inputTokens || result.usage.outputTokens !== call.outputTokens)
      )
        faults.push(`different: ${call.id} received another usage`)
      for (const [index, record] of attempts.entries()) {
        const behaviour = phase.behaviours[record.provider as TargetName]
        attemptsAt[behaviour] = (attemptsAt[behaviour] ?? 0) + 1
        if (record.attempt !== index + 1)
          faults.push(`attempt: ${call.id} has a record with the number ${record.attempt}`)
        const requests = acceptedBy.get(`${record.provider} ${call.id}`) ?? []
        if (requests.length !== (behaviour === 'refused' ? 0 : 1))
          faults.push(`accepted: ${record.provider} (${behaviour}) accepted ${call.id} ${requests.length} times`)
        faults.push(...findWrongCost(record, behaviour, requests[0]?.billed))
      }
    }
    const recorded = new Set(records.map(({ provider, requestId }) => `${provider} ${requestId}`))
    for (const key of acceptedBy.keys())
      if (!recorded.has(key)) faults.push(`lost: ${key} was accepted and has no record`)
    if (recorded.size !== records.length) faults.push('double: a target has two records of one call')
    faults.push(...findOpen(database), ...(await findWrongSums(database, records, callers)))
    return {
      calls: calls.length,
      streams: calls.filter(({ call }) => call.isStream).length,
      darkCalls: calls.filter(({ phase }) => !phase.hasHealthy).length,
      rescued,
      attempts: records.length,
      attemptsAt,
      accepted: accepted.length,
      billedTokens: accepted.reduce(
        (sum, { billed }) => sum + (billed ? billed.inputTokens + billed.outputTokens : 0),
        0,
      ),
      bookedTokens: records.reduce((sum, { usage }) => sum + (usage ? usage.inputTokens + usage.outputTokens : 0), 0),
      bookedNano: records.reduce((sum, { costNano }) => sum + costNano, 0),
      faults,
    }
  } finally {
    database.close()
  }
}

/** An attempt costs what its target billed, and nothing without an answer. */
function findWrongCost(
  { requestId, provider, outcome, costNano, usage }: LedgerRecord,
  behaviour: Behaviour,
  billed: ChaosTarget['accepted'][number]['billed'],
): readonly string[] {
  const { inputTokens = 0, cachedTokens = 0, outputTokens = 0 } = billed ?? {}
  const isSame = usage?.inputTokens === billed?.inputTokens && usage?.outputTokens === billed?.outputTokens
  const isPriced = costNano === priceUsage(inputTokens, cachedTokens, outputTokens)
  if (isSame && isPriced && (outcome === 'ok') === isHealthy(behaviour)) return []
  return [
    `different: ${requestId} at ${provider} (${behaviour}) is booked as ${outcome}, ${JSON.stringify(usage)}, ${costNano}; billed is ${JSON.stringify(billed)}`,
  ]
}
