import type { Budget, BudgetPeriod, Limits } from './limits.ts'
import { type CalendarPeriod, endOfPeriod, startOfPeriod } from './period.ts'
import { rateOf } from './rate.ts'
import {
  addUse,
  areNamed,
  bringUse,
  correctTokens,
  limitTo,
  noUse,
  type RateUse,
  stringifyRateUse,
  toRateUse,
  windowMsOf,
} from './rate-use.ts'
import { learnOutput, noTypicalOutputs, type TypicalOutputs } from './typical-outputs.ts'

/**
 * The use and the reservations of one subject: a key, or an end user of a key. Immutable; counters that follow each
 * other share what does not change. Every function here is pure and deterministic.
 */
export interface Counters {
  /** All that depends on the time, which the calls of a moment share. */
  readonly moment: Moment
  /** The use of each rate in the slice of the moment, as of {@link RateUse}. */
  readonly lastUse: readonly number[]
  /** Nano-USD spent in each of the moment's periods. */
  readonly spentNano: readonly number[]
  /** Nano-USD reserved for calls that are under way. */
  readonly reservedNano: number
  /** Under way. */
  readonly calls: number
  readonly streams: number
  /** By its calls under a budget. */
  readonly usual: TypicalOutputs
}

interface Moment {
  /** The latest instant that was seen, milliseconds since 1970. Time never goes back for a subject (R50). */
  readonly latest: number
  /** Of the rates that have a limit. */
  readonly windows: RateUse['windows']
  /** All time, `day`, `week` and `month` at UTC, and those that budgets have named. None is over. */
  readonly periods: readonly Period[]
}

interface Period {
  /** `total`, `month@Europe/Berlin` and so on. */
  readonly name: string
  /** Milliseconds since 1970; infinite for all time. */
  readonly endsAt: number
  /** Nano-USD spent in the period before it; undefined where that was not counted. */
  readonly previousNano: number | undefined
}

/** The part of each limit that a call takes. */
export interface Share {
  readonly tokens: number
  readonly reservedNano: number
  readonly isStream: boolean
  /** Only a call's first attempt counts as a request. */
  readonly attempt: number
}

/** The names of the rates and of the periods that a subject's limits count beside those that are always counted. */
export type Counted = readonly string[]

/** Always counted, for reports. */
const usualPeriods: readonly string[] = ['total', 'day@UTC', 'week@UTC', 'month@UTC']

export function createCounters(now: number): Counters {
  return {
    moment: { latest: now, windows: noUse.windows, periods: usualPeriods.map((name) => toPeriod(name, now)) },
    lastUse: noUse.lastUse,
    spentNano: usualPeriods.map(() => 0),
    reservedNano: 0,
    calls: 0,
    streams: 0,
    usual: noTypicalOutputs,
  }
}

const knownNames = new WeakMap<Limits, Counted>()

/** Made once for each object, since the limits of a key are checked with every call. */
export function countedBy(limits: Limits): Counted {
  const known = knownNames.get(limits)
  if (known !== undefined) return known
  const rates = limits.rates.map((limit) => rateOf(limit).name)
  const periods = limits.budgets.map(periodName).filter((name) => !usualPeriods.includes(name))
  const made = [...new Set([...rates, ...periods])]
  knownNames.set(limits, made)
  return made
}

/** By time zone, of which there are some 600. */
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

/** The cast holds as only {@link periodName} and `usualPeriods` make names. */
function partsOf(name: string): { readonly per: CalendarPeriod; readonly timeZone: string } {
  const at = name.indexOf('@')
  return { per: name.slice(0, at) as CalendarPeriod, timeZone: name.slice(at + 1) }
}

/** Brings counters to `now`: slices leave their windows, and periods that are over begin again at 0. */
export function advance(counters: Counters, now: number): Counters {
  const { moment, reservedNano, calls, streams, usual } = counters
  if (now <= moment.latest) return counters
  const { windows, lastUse } = bringUse(rateUseOf(counters), moment.latest, now)
  let { periods } = moment
  let { spentNano } = counters
  for (let at = 0; at < periods.length; at++) {
    const period = periods[at]
    if (period === undefined || now < period.endsAt) continue
    const running = toPeriod(period.name, now)
    // Whole periods without a call may lie between them.
    const isNext = toPeriod(period.name, period.endsAt).endsAt === running.endsAt
    periods = periods.with(at, { ...running, previousNano: isNext ? spentNano[at] : 0 })
    spentNano = spentNano.with(at, 0)
  }
  return { moment: { latest: now, windows, periods }, lastUse, spentNano, reservedNano, calls, streams, usual }
}

/**
 * Counters that count these rates and no others, and these periods too, each with what was spent in it before ({@link spentBefore});
 * the same object if they do already.
 */
export function follow(counters: Counters, counted: Counted): Counters {
  const { moment, reservedNano, calls, streams, usual } = counters
  const { latest } = moment
  const missing = missingPeriods(counters, counted)
  const isComplete = areNamed(moment.windows, counted)
  if (isComplete && missing === none) return counters
  const { windows, lastUse } = isComplete ? rateUseOf(counters) : limitTo(rateUseOf(counters), counted)
  const periods = [...moment.periods, ...missing.map((name) => toPeriod(name, latest))]
  const spentNano = [...counters.spentNano, ...missing.map((name) => spentBefore(counters, name))]
  return { moment: { latest, windows, periods }, lastUse, spentNano, reservedNano, calls, streams, usual }
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
 * Nano-USD spent so far in a running period that was not counted before, such as that of a budget whose time zone was changed. How much
 * was spent since an instant is known for the starts of the periods that are counted and of those before them; it is that of the start
 * which is nearest to its own. UTC's are always among them: for a month or a week that is at most 14 hours later or a day earlier, for
 * a day at most 12 hours later or a day earlier, and none at all where another zone has the same midnights.
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

/** Nano-USD spent in the period of a budget that is running at `latest`. */
export function spentIn(counters: Counters, budget: Budget): number {
  const name = periodName(budget)
  const at = periodAt(counters, name)
  return at === -1 ? spentBefore(counters, name) : (counters.spentNano[at] ?? 0)
}

/** The end of the period of a budget that is running at `latest`; undefined for a budget without an end. */
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
 * From when on the counters say nothing that these limits ask, milliseconds since 1970: their windows and periods are over by then. Infinite while a
 * call is under way, and for a budget without an end.
 */
export function lapsesAt(counters: Counters, { rates, budgets }: Limits): number {
  const { latest } = counters.moment
  if (counters.calls > 0) return Number.POSITIVE_INFINITY
  let at = latest
  for (const limit of rates) at = Math.max(at, latest + windowMsOf(rateOf(limit)))
  for (const budget of budgets) at = Math.max(at, endOf(counters, budget) ?? Number.POSITIVE_INFINITY)
  return at
}

/** Reserves a call's share. Nothing is checked. */
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
  }
}

/**
 * Gives back a call's reservation and books the tokens and the cost that it came to. `takenAt` is `latest` of the
 * counters when the share was reserved.
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
  }
}

/** Learns the size of an answer, for the least that a later one is lowered to. */
export function learn(counters: Counters, model: string, tokens: number, floor: number): Counters {
  const usual = learnOutput(counters.usual, model, tokens, floor)
  return usual === counters.usual ? counters : { ...counters, usual }
}

/**
 * Books another cost for a call that was settled at `settledAt`, in the running periods that it lies in. What was spent in a period that is
 * over follows as far as it is still known.
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

/** When each running period began, milliseconds since 1970; 0 for all time. */
export function startsOf({ moment: { latest, periods } }: Counters): readonly number[] {
  return periods.map(({ name }) => {
    if (name === 'total') return 0
    const { per, timeZone } = partsOf(name)
    return startOfPeriod(per, timeZone, latest)
  })
}

/**
 * Sets what was spent in each running period, by its start; the same object where that is so already. What was spent in the periods before is not
 * known then.
 */
export function recount(counters: Counters, spentSince: (start: number) => number): Counters {
  const spentNano = startsOf(counters).map(spentSince)
  if (spentNano.every((nano, at) => nano === counters.spentNano[at])) return counters
  const periods = counters.moment.periods.map((period) => ({ ...period, previousNano: undefined }))
  return { ...counters, moment: { ...counters.moment, periods }, spentNano }
}

/** Counters as databases hold them: windows by the names of their rates, spending by the names of its periods. */
interface StoredCounters {
  readonly latest: number
  readonly rates: Readonly<Record<string, readonly number[]>>
  readonly periods: Readonly<Record<string, StoredPeriod>>
  readonly spentNano: number
  readonly reservedNano: number
  readonly calls: number
  readonly streams: number
  /** Tokens by model; left out where there are none. */
  readonly usual?: Readonly<Record<string, number>>
}

interface StoredPeriod {
  readonly endsAt: number
  /** Of the period before; left out where it is not known. */
  readonly before?: number
  readonly nano: number
}

/** The JSON of {@link StoredCounters}, which {@link parseCounters} reads; so does the version before this one. */
export function stringifyCounters(counters: Counters): string {
  const { spentNano, reservedNano, calls, streams, usual } = counters
  const { latest, periods } = counters.moment
  let text = `{"latest":${latest},"rates":${stringifyRateUse(rateUseOf(counters), latest)},"periods":{`
  const heads = periodHeadsOf(periods)
  let total = 0
  for (let at = 0; at < heads.length; at++) {
    const head = heads[at]
    const spent = spentNano[at] ?? 0
    if (head === undefined) total = spent
    else text += head + spent
  }
  // All time is one of the periods, and stands by itself.
  const end = heads.length > 1 ? '}}' : '}'
  const answers =
    usual.length === 0
      ? ''
      : `,"usual":${JSON.stringify(Object.fromEntries(usual.map(({ model, tokens }) => [model, tokens])))}`
  return `${text}${end},"spentNano":${total},"reservedNano":${reservedNano},"calls":${calls},"streams":${streams}${answers}}`
}

/** Written with every transaction, and changed when a period ends. */
const periodHeads = new WeakMap<readonly Period[], readonly (string | undefined)[]>()

/** For each period the text before the amount, which ends the period before; undefined for all time. */
function periodHeadsOf(periods: readonly Period[]): readonly (string | undefined)[] {
  const known = periodHeads.get(periods)
  if (known !== undefined) return known
  let separator = ''
  const made = periods.map(({ name, endsAt, previousNano }) => {
    if (name === 'total') return undefined
    const before = previousNano === undefined ? '' : `"before":${previousNano},`
    const head = `${separator}${JSON.stringify(name)}:{"endsAt":${endsAt},${before}"nano":`
    separator = '},'
    return head
  })
  periodHeads.set(periods, made)
  return made
}

export function parseCounters(text: string): Counters {
  // The cast holds as only `stringifyCounters` and its predecessor write this text.
  const { latest, rates, periods, spentNano, reservedNano, calls, streams, usual } = JSON.parse(text) as StoredCounters
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
  }
}
