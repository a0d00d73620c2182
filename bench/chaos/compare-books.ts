import { strategies } from '../../src/config/route-settings.ts'
import type { LedgerRecord } from '../../src/storage/ledger/ledger.ts'
import { recordColumns, toRecord } from '../../src/storage/sql/usage/record-columns.ts'
import { findOpen, findWrongSums } from '../crash/compare-records.ts'
import { callers, openLedgerFile } from '../crash/open-ledger-file.ts'
import {
  type Behaviour,
  isHealthy,
  type Phase,
  type PlannedCall,
  retrying,
  type TargetName,
  targetNames,
} from './plan-phases.ts'
import type { ChatResult } from './send-chat.ts'
import { priceUsage } from './start-servers.ts'
import type { AcceptedRequest, ChaosTarget } from './start-target.ts'

export interface ChaosBooks {
  readonly phases: readonly Phase[]
  readonly targets: Readonly<Record<TargetName, ChaosTarget>>
  readonly results: ReadonlyMap<string, ChatResult>
  /** Processes that serve calls, each with a budget of retries for each route. */
  readonly processes: number
  /** The further rounds that a route makes at most. */
  readonly rounds: number
  /** The folder of the servers' database. All servers have stopped. */
  readonly folder: string
}

/**
 * - `cut`: broken off before any of the answer had reached the caller.
 * - `torn`: a stream that broke off afterwards.
 * - `hung`: not answered in time.
 */
export const unfinishedKinds = ['cut', 'torn', 'hung'] as const
type UnfinishedKind = (typeof unfinishedKinds)[number]

/** Requests that a target billed without answering them whole. */
interface Unfinished {
  requests: number
  billedTokens: number
  bookedTokens: number
  /** Tokens of output that the callers received. */
  receivedTokens: number
}

export interface ChaosComparison {
  readonly calls: number
  readonly streams: number
  /** Calls whose targets all failed to the end, all of which must fail. */
  readonly darkCalls: number
  /** Calls that succeeded after a failed attempt, while a target was healthy. */
  readonly rescued: number
  /** Calls that began while all targets were limited or overloaded for a moment, or just after it. */
  readonly briefCalls: number
  /** Those of them that were answered in a further round, and that failed. */
  readonly repeated: number
  readonly briefFailed: number
  /** Further rounds of all calls, and those that their budgets allow at most. */
  readonly rounds: number
  readonly maxRounds: number
  /** Calls that failed without a round that their route would have made: its budget was used up. */
  readonly withheld: number
  readonly attempts: number
  /** Attempts by the behaviour of their target. */
  readonly attemptsAt: Readonly<Record<Behaviour, number>>
  /** Requests that the targets accepted. */
  readonly accepted: number
  /** Tokens of whole answers. */
  readonly billedTokens: number
  readonly bookedTokens: number
  readonly unfinished: Readonly<Record<UnfinishedKind, Readonly<Unfinished>>>
  /** Violations, each a sentence that names a call. */
  readonly faults: readonly string[]
}

/** Compares the answers of the callers, the books of the targets, and the records of the ledger. */
export async function compareBooks(books: ChaosBooks): Promise<ChaosComparison> {
  const { phases, targets, results, folder } = books
  const database = openLedgerFile(folder)
  try {
    const records = database.sync.all(`SELECT seq, ${recordColumns} FROM call_records`, []).map(toRecord)
    const byCall = Map.groupBy(records, ({ requestId }) => requestId)
    const acceptedBy = new Map(targetNames.map((name) => [name, Map.groupBy(targets[name].accepted, ({ id }) => id)]))
    const attemptsAt = { well: 0, slow: 0, refused: 0, limited: 0, overloaded: 0, cut: 0, torn: 0, hung: 0 }
    const noneYet = () => ({ requests: 0, billedTokens: 0, bookedTokens: 0, receivedTokens: 0 })
    const unfinished = { cut: noneYet(), torn: noneYet(), hung: noneYet() }
    const counts = { streams: 0, darkCalls: 0, rescued: 0, briefCalls: 0, repeated: 0, briefFailed: 0, withheld: 0 }
    const tokens = { billedTokens: 0, bookedTokens: 0 }
    const roundsOf = new Map<string, number>()
    const faults: string[] = []
    for (const phase of phases) {
      for (const call of phase.calls) {
        const result = results.get(call.id)
        const attempts = (byCall.get(call.id) ?? []).toSorted((one, other) => one.attempt - other.attempt)
        const queues = targetNames.map((name) => [name, [...(acceptedBy.get(name)?.get(call.id) ?? [])]] as const)
        const accepted = Object.fromEntries(queues) as Record<TargetName, AcceptedRequest[]>
        const met = attempts.map(({ provider }) => {
          const isRefused = phase.behaviours[provider as TargetName] === 'refused'
          return isRefused ? undefined : accepted[provider as TargetName].shift()
        })
        const last = attempts.at(-1)
        const isWhole = result?.status === 200 && result.usage !== undefined
        const isBrokenOff = call.isStream && met.at(-1)?.behaviour === 'torn' && last?.outcome === 'interrupted'
        const rounds = countRounds(attempts)
        roundsOf.set(call.route, (roundsOf.get(call.route) ?? 0) + rounds)
        if (call.isStream) counts.streams += 1
        if (phase.kind === 'brief') counts.briefCalls += 1
        if (phase.kind === 'brief' && isWhole && rounds > 0) counts.repeated += 1
        if (phase.kind === 'brief' && !isWhole) counts.briefFailed += 1
        if (phase.kind === 'mixed' && isWhole && attempts.length > 1) counts.rescued += 1
        if (phase.kind === 'dark' || phase.kind === 'storm') {
          counts.darkCalls += 1
          if (isWhole) faults.push(`invented: ${call.id} has an answer, although no target was healthy`)
        }
        if (phase.kind === 'mixed' && !isWhole && !isBrokenOff)
          faults.push(`failed: ${call.id} (${result?.status}), although a target was healthy`)
        const mayRepeat = retrying.has(call.route) && momentary.has(last?.failure) && rounds < books.rounds
        if (!isWhole && mayRepeat) counts.withheld += 1
        if (attempts.length === 0) faults.push(`lost: ${call.id} has no record`)
        for (const [name, rest] of queues)
          if (rest.length > 0) faults.push(`lost: ${call.id} was accepted by ${name} and has no record`)
        if (isWhole) faults.push(...findWrongAnswer(call, result, last))
        for (const [index, record] of attempts.entries()) {
          const request = met[index]
          const behaviour = request?.behaviour ?? 'refused'
          attemptsAt[behaviour] += 1
          if (record.attempt !== index + 1)
            faults.push(`attempt: ${call.id} has a record with the number ${record.attempt}`)
          if (request === undefined && phase.behaviours[record.provider as TargetName] !== 'refused')
            faults.push(`accepted: ${record.provider} did not accept ${call.id}`)
          const receivedTokens = isBrokenOff && record === last ? (result?.receivedTokens ?? 0) : 0
          const [billedTokens, bookedTokens] = [sumOf(request?.billed), sumOf(record.usage)]
          if (isHealthy(behaviour)) add(tokens, { billedTokens, bookedTokens })
          else if (request?.billed !== undefined)
            add(unfinished[receivedTokens > 0 ? 'torn' : behaviour === 'hung' ? 'hung' : 'cut'], {
              ...{ requests: 1, billedTokens, bookedTokens, receivedTokens },
            })
          faults.push(...findWrongCost(record, behaviour, request?.billed, receivedTokens))
        }
      }
    }
    const calls = phases.flatMap((phase) => phase.calls)
    let maxRounds = 0
    for (const route of strategies) {
      const made = roundsOf.get(route) ?? 0
      const max = retrying.has(route)
        ? books.processes * firstRetries + retryShare * calls.filter((call) => call.route === route).length
        : 0
      maxRounds += max
      if (made > max)
        faults.push(`budget: the route ${route} has made ${made} further rounds instead of at most ${max}`)
    }
    faults.push(...findOpen(database), ...(await findWrongSums(database, records, callers)))
    return {
      ...{ calls: calls.length, ...counts, ...tokens, maxRounds, attempts: records.length, attemptsAt, unfinished },
      rounds: [...roundsOf.values()].reduce((sum, rounds) => sum + rounds, 0),
      accepted: targetNames.reduce((sum, name) => sum + targets[name].accepted.length, 0),
      faults,
    }
  } finally {
    database.close()
  }
}

/** Retries that a route may make in each process before it has had a call, and for each call. */
const firstRetries = 10
const retryShare = 0.2

/** The failure that each behaviour is recorded as. */
const failures: Readonly<Record<Behaviour, string | undefined>> = {
  ...{ well: undefined, slow: undefined, refused: 'connection', limited: 'rate_limit', overloaded: 'overload' },
  ...{ cut: 'unknown_outcome', torn: 'unknown_outcome', hung: 'timeout' },
}

/** Failures after which a route makes a further round. */
const momentary: ReadonlySet<string | undefined> = new Set(['rate_limit', 'overload', 'connection'])

/** A round has each target once. */
function countRounds(attempts: readonly LedgerRecord[]): number {
  let rounds = 0
  const tried = new Set<string>()
  for (const { provider } of attempts) {
    if (tried.has(provider)) {
      rounds += 1
      tried.clear()
    }
    tried.add(provider)
  }
  return rounds
}

function findWrongAnswer(
  { id, inputTokens, outputTokens }: PlannedCall,
  { provider, usage }: ChatResult,
  last: LedgerRecord | undefined,
): readonly string[] {
  const isSame = usage?.inputTokens === inputTokens && usage.outputTokens === outputTokens
  return [
    ...(isSame ? [] : [`different: ${id} received another usage`]),
    ...(last?.outcome === 'ok' && last.provider === provider
      ? []
      : [`different: ${id} was answered by ${provider}, and its last record is of ${last?.provider}`]),
  ]
}

/**
 * A whole answer costs what its target billed. One that broke off costs what has reached the caller, and the input as
 * Weir estimates it; an attempt without output costs nothing, although its target may have billed it.
 */
function findWrongCost(
  { requestId, provider, outcome, failure, costNano, costSource, usage }: LedgerRecord,
  behaviour: Behaviour,
  billed: AcceptedRequest['billed'],
  receivedTokens: number,
): readonly string[] {
  const { inputTokens = 0, cachedInputTokens = 0, outputTokens = 0 } = usage ?? {}
  const isPriced = costNano === priceUsage(inputTokens, cachedInputTokens, outputTokens)
  const isRight = isHealthy(behaviour)
    ? outcome === 'ok' && inputTokens === billed?.inputTokens && outputTokens === billed.outputTokens
    : receivedTokens > 0
      ? outcome === 'interrupted' && costSource === 'estimated' && outputTokens >= receivedTokens
      : outcome !== 'ok' && usage === undefined
  if (isPriced && isRight && failure === failures[behaviour]) return []
  return [
    `different: ${requestId} at ${provider} (${behaviour}) is booked as ${outcome}, ${failure}, ${JSON.stringify(usage)}, ${costNano}; billed is ${JSON.stringify(billed)}, received ${receivedTokens}`,
  ]
}

function sumOf(usage: { readonly inputTokens: number; readonly outputTokens: number } | undefined): number {
  return usage === undefined ? 0 : usage.inputTokens + usage.outputTokens
}

function add<Key extends string>(sums: Record<Key, number>, more: Readonly<Record<Key, number>>): void {
  for (const key of Object.keys(more) as Key[]) sums[key] += more[key]
}
