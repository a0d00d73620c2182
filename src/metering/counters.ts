import type { Budget, BudgetPeriod, Limits } from './limits.ts'
import { type CalendarPeriod, endOfPeriod, startOfPeriod } from './period.ts'
import { rateOf } from './rate.ts'
import {
  addUse,
  advanceUse,
  correctTokens,
  emptyRateUse,
  matchesRates,
  type RateUse,
  selectRates,
  stringifyRateUse,
  toRateUse,
  windowMsOf,
} from './rate-use.ts'
import { learnOutput, noTypicalOutputs, type TypicalOutputs } from './typical-outputs.ts'

/**
 * The use and the reservations of one subject: a key, or an end user of a key. Immutable; successive counters share
 * unchanged parts. Every function here is pure and deterministic.
 */
export interface Counters {
  /** All state that depends on the time; the calls of one moment share it. */
  readonly moment: Moment
  /** The use of each rate in the current slice, as in {@link RateUse}. */
  readonly lastUse: readonly number[]
  /** Nano-USD spent in each of the moment's periods. */
  readonly spentNano: readonly number[]
  /** Nano-USD reserved for running calls. */
  readonly reservedNano: number
  /** Number of running calls. */
  readonly calls: number
  readonly streams: number
  /** Typical outputs by model, learnt from calls under a budget. */
  readonly usual: TypicalOutputs
  /**
   * From this time, milliseconds since 1970, the counters affect no decision. Set only for subjects whose limits are
   * not stored, such as a user token's; undefined for all others.
   */
  readonly keptUntil: number | undefined
}

interface Moment {
  /** The latest observed instant, milliseconds since 1970. Time never goes back for a subject (R50). */
  readonly latest: number
  /** Windows of the rates that have a limit. */
  readonly windows: RateUse['windows']
  /** All time, `day`, `week` and `month` at UTC, and the periods of budgets. Each is running. */
  readonly periods: readonly Period[]
}

interface Period {
  /** Such as `total` or `month@Europe/Berlin`. */
  readonly name: string
  /** Milliseconds since 1970; infinite for all time. */
  readonly endsAt: number
  /** Nano-USD spent in the previous period; undefined if that was not counted. */
  readonly previousNano: number | undefined
}

/** The amount of each limit that a call takes. */
export interface Share {
  readonly tokens: number
  readonly reservedNano: number
  readonly isStream: boolean
  /** Only a call's first attempt counts as a request. */
  readonly attempt: number
}

/** Names of the rates and periods that a subject's limits add to the ones that are always counted. */
export type Counted = readonly string[]

/** Always counted, for reports. */
const usualPeriods: readonly string[] = ['total', 'day@UTC', 'week@UTC', 'month@UTC']

export function createCounters(now: number): Counters {
  return {
    moment: { latest: now, windows: emptyRateUse.windows, periods: usualPeriods.map((name) => toPeriod(name, now)) },
    lastUse: emptyRateUse.lastUse,
    spentNano: usualPeriods.map(() => 0),
    reservedNano: 0,
    calls: 0,
    streams: 0,
    usual: noTypicalOutputs,
    keptUntil: undefined,
  }
}

/** Sets {@link Counters.keptUntil} of a subject with these limits, which may end at `endsAt` themselves. */
export function keepUntil(counters: Counters, limits: Limits, endsAt = Number.POSITIVE_INFINITY): Counters {
  const keptUntil = Math.min(expiresAt({ ...counters, calls: 0 }, limits), endsAt)
  return keptUntil === counters.keptUntil ? counters : { ...counters, keptUntil }
}

const knownNames = new WeakMap<Limits, Counted>()

/** Returns the names that limits count. Cached by object, because every call checks the limits of its key. */
export function countedBy(limits: Limits): Counted {
  const known = knownNames.get(limits)
  if (known !== undefined) return known
  const rates = limits.rates.map((limit) => rateOf(limit).name)
  const periods = limits.budgets.map(periodName).filter((name) => !usualPeriods.includes(name))
  const counted = [...new Set([...rates, ...periods])]
  knownNames.set(limits, counted)
  return counted
}

/** Names of periods by time zone, of which about 600 exist. */
const periodNames = new Map<string, Readonly<Record<BudgetPeriod, string>>>()

function periodName({ per, timeZone }: Budget): string {
  const known = periodNames.get(timeZone)
  if (known !== undefined) return known[per]
  const names = { day: `day@${timeZone}`, week: `week@${timeZone}`, month: `month@${timeZone}`, total: 'total' }
  periodNames.set(timeZone, names)
  return names[per]
}

function toPeriod(name: string, now: number): Period {
  if (name === 'total') return { name, endsAt: Number.POSITIVE_INFINITY, previousNano: undefined }
  const { per, timeZone } = partsOf(name)
  return { name, endsAt: endOfPeriod(per, timeZone, now), previousNano: undefined }
}

/** The cast is sound because only {@link periodName} and `usualPeriods` create names. */
function partsOf(name: string): { readonly per: CalendarPeriod; readonly timeZone: string } {
  const at = name.indexOf('@')
  return { per: name.slice(0, at) as CalendarPeriod, timeZone: name.slice(at + 1) }
}

/** Advances counters to `now`: slices leave their windows, and ended periods start again at 0. */
export function advance(counters: Counters, now: number): Counters {
  const { moment, reservedNano, calls, streams, usual, keptUntil } = counters
  if (now <= moment.latest) return counters
  const { windows, lastUse } = advanceUse(rateUseOf(counters), moment.latest, now)
  let { periods } = moment
  let { spentNano } = counters
  for (let at = 0; at < periods.length; at++) {
    const period = periods[at]
    if (period === undefined || now < period.endsAt) continue
    const running = toPeriod(period.name, now)
    // Whole periods without a call may have passed in between.
    const isNext = toPeriod(period.name, period.endsAt).endsAt === running.endsAt
    periods = periods.with(at, { ...running, previousNano: isNext ? spentNano[at] : 0 })
    spentNano = spentNano.with(at, 0)
  }
  return {
    moment: { latest: now, windows, periods },
    lastUse,
    spentNano,
    reservedNano,
    calls,
    streams,
    usual,
    keptUntil,
  }
}

/**
 * Returns counters that count exactly these rates, and also these periods, each with its spending so far
 * ({@link spentBefore}). Returns the same object if nothing changes.
 */
export function follow(counters: Counters, counted: Counted): Counters {
  const { moment, reservedNano, calls, streams, usual, keptUntil } = counters
  const { latest } = moment
  const missing = missingPeriods(counters, counted)
  const hasRates = matchesRates(moment.windows, counted)
  if (hasRates && missing === none) return counters
  const { windows, lastUse } = hasRates ? rateUseOf(counters) : selectRates(rateUseOf(counters), counted)
  const periods = [...moment.periods, ...missing.map((name) => toPeriod(name, latest))]
  const spentNano = [...counters.spentNano, ...missing.map((name) => spentBefore(counters, name))]
  return { moment: { latest, windows, periods }, lastUse, spentNano, reservedNano, calls, streams, usual, keptUntil }
}

const none: readonly string[] = []

function missingPeriods(counters: Counters, counted: Counted): readonly string[] {
  let missing = none
  for (const name of counted) {
    if (name.includes('@') && periodAt(counters, name) === -1) missing = [...missing, name]
  }
  return missing
}

function rateUseOf({ moment: { windows }, lastUse }: Counters): RateUse {
  return { windows, lastUse }
}

/**
 * Returns the nano-USD spent so far in a running period that was not counted before, such as that of a budget whose
 * time zone was changed.
 *
 * Spending is known since the start of each counted period and of the period before it; the start nearest to the wanted
 * one is used. UTC's starts are always known: for a month or a week the nearest is at most 14 hours later or a day
 * earlier, for a day at most 12 hours later or a day earlier. The result is exact if another zone has the same
 * midnights.
 */
function spentBefore(counters: Counters, name: string): number {
  const { latest, periods } = counters.moment
  const { per, timeZone } = partsOf(name)
  const start = startOfPeriod(per, timeZone, latest)
  let nearest = Number.POSITIVE_INFINITY
  let spent = 0
  const consider = (since: number, spentSince: number) => {
    const distance = Math.abs(since - start)
    if (distance > nearest || (distance === nearest && spentSince <= spent)) return
    nearest = distance
    spent = spentSince
  }
  for (const [at, known] of periods.entries()) {
    if (known.name === 'total') continue
    const { per, timeZone } = partsOf(known.name)
    const since = startOfPeriod(per, timeZone, latest)
    const spentSince = counters.spentNano[at] ?? 0
    consider(since, spentSince)
    if (known.previousNano !== undefined)
      consider(startOfPeriod(per, timeZone, since - 1), spentSince + known.previousNano)
  }
  return spent
}

/** Returns the nano-USD spent in the running period of a budget. */
export function spentIn(counters: Counters, budget: Budget): number {
  const name = periodName(budget)
  const at = periodAt(counters, name)
  return at === -1 ? spentBefore(counters, name) : (counters.spentNano[at] ?? 0)
}

/** Returns the end of the running period of a budget; undefined for a budget without an end. */
export function endOf(counters: Counters, budget: Budget): number | undefined {
  if (budget.per === 'total') return undefined
  const name = periodName(budget)
  const { periods, latest } = counters.moment
  return (periods[periodAt(counters, name)] ?? toPeriod(name, latest)).endsAt
}

function periodAt({ moment: { periods } }: Counters, name: string): number {
  for (let at = 0; at < periods.length; at++) if (periods[at]?.name === name) return at
  return -1
}

/**
 * Returns the time from which the counters no longer affect these limits, milliseconds since 1970: all their windows
 * and periods have ended. Infinite while a call is running, and for a budget without an end.
 */
export function expiresAt(counters: Counters, { rates, budgets }: Limits): number {
  const { latest } = counters.moment
  if (counters.calls > 0) return Number.POSITIVE_INFINITY
  let at = latest
  for (const limit of rates) at = Math.max(at, latest + windowMsOf(rateOf(limit)))
  for (const budget of budgets) at = Math.max(at, endOf(counters, budget) ?? Number.POSITIVE_INFINITY)
  return at
}

/** Reserves a call's share. Checks no limit. */
export function reserve(counters: Counters, share: Share): Counters {
  const { moment, spentNano } = counters
  return {
    moment,
    lastUse: addUse(moment.windows, counters.lastUse, share.attempt === 1 ? 1 : 0, share.tokens),
    spentNano,
    reservedNano: counters.reservedNano + share.reservedNano,
    calls: counters.calls + 1,
    streams: counters.streams + (share.isStream ? 1 : 0),
    usual: counters.usual,
    keptUntil: counters.keptUntil,
  }
}

/**
 * Releases a call's reservation and records its actual tokens and cost. `takenAt` is `latest` of the counters at the
 * time of the reservation.
 */
export function settle(counters: Counters, takenAt: number, share: Share, tokens: number, costNano: number): Counters {
  const { moment } = counters
  const { latest, periods } = moment
  const corrected = tokens - share.tokens
  const { windows, lastUse } = correctTokens(moment.windows, counters.lastUse, takenAt, latest, corrected)
  const spentNano = counters.spentNano.slice()
  for (let at = 0; at < spentNano.length; at++) spentNano[at] = (spentNano[at] ?? 0) + costNano
  return {
    moment: windows === moment.windows ? moment : { latest, windows, periods },
    lastUse,
    spentNano,
    reservedNano: counters.reservedNano - share.reservedNano,
    calls: counters.calls - 1,
    streams: counters.streams - (share.isStream ? 1 : 0),
    usual: counters.usual,
    keptUntil: counters.keptUntil,
  }
}

/** Learns the length of an output, which raises or lowers the typical output of its model. */
export function learn(counters: Counters, model: string, tokens: number, floor: number): Counters {
  const usual = learnOutput(counters.usual, model, tokens, floor)
  return usual === counters.usual ? counters : { ...counters, usual }
}

/**
 * Changes the cost of a call that was settled at `settledAt`, in the running periods that contain it. Corrects the
 * previous period too, if its spending is still known.
 */
export function correctCost(counters: Counters, settledAt: number, changeNano: number): Counters {
  const { latest, windows, periods } = counters.moment
  const spentNano = counters.spentNano.slice()
  const corrected = periods.map((period, at) => {
    if (period.name !== 'total') {
      const { per, timeZone } = partsOf(period.name)
      const since = startOfPeriod(per, timeZone, latest)
      if (settledAt < since) {
        const { previousNano } = period
        const isPrevious = previousNano !== undefined && settledAt >= startOfPeriod(per, timeZone, since - 1)
        return isPrevious ? { ...period, previousNano: previousNano + changeNano } : period
      }
    }
    spentNano[at] = (spentNano[at] ?? 0) + changeNano
    return period
  })
  return { ...counters, moment: { latest, windows, periods: corrected }, spentNano }
}

/** Returns the start of each running period, milliseconds since 1970; 0 for all time. */
export function startsOf({ moment: { latest, periods } }: Counters): readonly number[] {
  return periods.map(({ name }) => {
    if (name === 'total') return 0
    const { per, timeZone } = partsOf(name)
    return startOfPeriod(per, timeZone, latest)
  })
}

/**
 * Sets the spending of each running period from its start; returns the same object if nothing changes. The spending of
 * previous periods becomes unknown.
 */
export function recount(counters: Counters, spentSince: (start: number) => number): Counters {
  const spentNano = startsOf(counters).map(spentSince)
  if (spentNano.every((nano, at) => nano === counters.spentNano[at])) return counters
  const periods = counters.moment.periods.map((period) => ({ ...period, previousNano: undefined }))
  return { ...counters, moment: { ...counters.moment, periods }, spentNano }
}

/** Counters as stored in databases: windows by the names of their rates, spending by the names of its periods. */
interface StoredCounters {
  readonly latest: number
  readonly rates: Readonly<Record<string, readonly number[]>>
  readonly periods: Readonly<Record<string, StoredPeriod>>
  readonly spentNano: number
  readonly reservedNano: number
  readonly calls: number
  readonly streams: number
  /** Typical outputs: tokens by model. Omitted if empty. */
  readonly usual?: Readonly<Record<string, number>>
  /** -1 for a time that never comes. */
  readonly keptUntil?: number
}

interface StoredPeriod {
  readonly endsAt: number
  /** Spending of the previous period; omitted if unknown. */
  readonly before?: number
  readonly nano: number
}

/** Writes the JSON of {@link StoredCounters}, which {@link parseCounters} reads, and so does the previous version. */
export function stringifyCounters(counters: Counters): string {
  const { spentNano, reservedNano, calls, streams, usual, keptUntil } = counters
  const { latest, periods } = counters.moment
  let json = `{"latest":${latest},"rates":${stringifyRateUse(rateUseOf(counters), latest)},"periods":{`
  const heads = periodHeadsOf(periods)
  let total = 0
  for (let at = 0; at < heads.length; at++) {
    const head = heads[at]
    const spent = spentNano[at] ?? 0
    if (head === undefined) total = spent
    else json += head + spent
  }
  // All time is one of the periods but has its own field.
  const closing = heads.length > 1 ? '}}' : '}'
  const usualJson =
    usual.length === 0
      ? ''
      : `,"usual":${JSON.stringify(Object.fromEntries(usual.map(({ model, tokens }) => [model, tokens])))}`
  const kept = keptUntil === undefined ? '' : `,"keptUntil":${Number.isFinite(keptUntil) ? keptUntil : -1}`
  return `${json}${closing},"spentNano":${total},"reservedNano":${reservedNano},"calls":${calls},"streams":${streams}${usualJson}${kept}}`
}

/** Cache: each transaction writes the heads, but they change only when a period ends. */
const periodHeads = new WeakMap<readonly Period[], readonly (string | undefined)[]>()

/** Returns the JSON before the amount of each period, which also closes the previous period; undefined for all time. */
function periodHeadsOf(periods: readonly Period[]): readonly (string | undefined)[] {
  const known = periodHeads.get(periods)
  if (known !== undefined) return known
  let separator = ''
  const heads = periods.map(({ name, endsAt, previousNano }) => {
    if (name === 'total') return undefined
    const before = previousNano === undefined ? '' : `"before":${previousNano},`
    const head = `${separator}${JSON.stringify(name)}:{"endsAt":${endsAt},${before}"nano":`
    separator = '},'
    return head
  })
  periodHeads.set(periods, heads)
  return heads
}

export function parseCounters(json: string): Counters {
  // The cast is sound because only `stringifyCounters` and its predecessor write this JSON.
  const { latest, rates, periods, spentNano, reservedNano, calls, streams, usual, keptUntil } = JSON.parse(
    json,
  ) as StoredCounters
  const spending = Object.entries(periods)
  const { windows, lastUse } = toRateUse(rates, latest)
  const named = spending.map(([name, { endsAt, before }]) => ({ name, endsAt, previousNano: before }))
  return {
    moment: { latest, windows, periods: [toPeriod('total', latest), ...named] },
    lastUse,
    spentNano: [spentNano, ...spending.map(([, { nano }]) => nano)],
    reservedNano,
    calls,
    streams,
    usual: usual === undefined ? noTypicalOutputs : Object.entries(usual).map(([model, tokens]) => ({ model, tokens })),
    keptUntil: keptUntil === -1 ? Number.POSITIVE_INFINITY : keptUntil,
  }
}
