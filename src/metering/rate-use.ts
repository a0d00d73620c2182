import { findRate, type Rate } from './rate.ts'

/**
 * The use of a subject's limited rates in their last minute, hour or day, at an instant. Immutable: one more use copies
 * one list of numbers, the correction of an older slice copies one chunk; all other parts are shared.
 *
 * A window has 60 slices. Together with the current one, 61 are counted: no interval of the window's length exceeds the
 * limit, wherever it starts, and a use becomes free at most 1/60 of the window late.
 */
export interface RateUse {
  readonly windows: readonly SlidingWindow[]
  /** The use of each rate in the current slice. */
  readonly lastUse: readonly number[]
}

/** The slices of a rate before the current one, all within the window. */
interface SlidingWindow {
  readonly rate: Rate
  /** Oldest first. */
  readonly closed: readonly Chunk[]
  readonly closedTotal: number
}

/** A few consecutive slices: pairs of a slice's number and its use, in one flat list. */
type Chunk = readonly number[]

const slices = 60

/** The numbers of eight slices: 61 slices are eight chunks, so a change copies about 16 numbers and 8 references. */
const chunkLength = 16

const none: readonly Chunk[] = []

export const emptyRateUse: RateUse = { windows: [], lastUse: [] }

/** Returns the milliseconds after which a use no longer counts. */
export function windowMsOf({ sliceMs }: Rate): number {
  return (slices + 1) * sliceMs
}

/** Returns the use of a rate in its window. */
export function usedOf(windows: RateUse['windows'], lastUse: RateUse['lastUse'], rate: Rate): number {
  const at = indexOf(windows, rate)
  return (windows[at]?.closedTotal ?? 0) + (lastUse[at] ?? 0)
}

/**
 * Returns the milliseconds from `now` until at most `remaining` of a rate's use is left in its window; 0 if it already
 * is.
 */
export function msUntilUseFallsTo(
  windows: RateUse['windows'],
  lastUse: RateUse['lastUse'],
  rate: Rate,
  now: number,
  remaining: number,
): number {
  const index = indexOf(windows, rate)
  let used = lastUse[index] ?? 0
  if (used > remaining) return untilFree(sliceAt(now, rate), rate, now)
  const closed = windows[index]?.closed ?? none
  for (let chunkAt = closed.length - 1; chunkAt >= 0; chunkAt--) {
    const chunk = closed[chunkAt] ?? []
    for (let at = chunk.length - 2; at >= 0; at -= 2) {
      used += chunk[at + 1] ?? 0
      if (used > remaining) return untilFree(chunk[at] ?? 0, rate, now)
    }
  }
  return 0
}

function untilFree(slice: number, { sliceMs }: Rate, now: number): number {
  return (slice + slices + 1) * sliceMs - now
}

function indexOf(windows: readonly SlidingWindow[], rate: Rate): number {
  for (let at = 0; at < windows.length; at++) if (windows[at]?.rate === rate) return at
  return -1
}

/** Returns true if the windows are exactly those of the rates among the names. The names of rates come first. */
export function matchesRates(windows: RateUse['windows'], names: readonly string[]): boolean {
  for (let at = 0; at < windows.length; at++) if (windows[at]?.rate.name !== names[at]) return false
  const next = names[windows.length]
  return next === undefined || findRate(next) === undefined
}

/** Returns the use of the rates among these names, without any others. */
export function selectRates(use: RateUse, names: readonly string[]): RateUse {
  const rates = names.flatMap((name) => findRate(name) ?? [])
  const at = rates.map((rate) => indexOf(use.windows, rate))
  return {
    windows: rates.map((rate, index) => use.windows[at[index] ?? -1] ?? { rate, closed: none, closedTotal: 0 }),
    lastUse: at.map((index) => use.lastUse[index] ?? 0),
  }
}

/** Advances the use from an instant to a later one: closes slices, and drops those that have left their window. */
export function advanceUse(use: RateUse, from: number, to: number): RateUse {
  let { windows, lastUse } = use
  for (let at = 0; at < windows.length; at++) {
    const window = windows[at]
    if (window === undefined || sliceAt(from, window.rate) === sliceAt(to, window.rate)) continue
    windows = windows.with(at, closeSlice(window, from, to, lastUse[at] ?? 0))
    lastUse = lastUse.with(at, 0)
  }
  return windows === use.windows ? use : { windows, lastUse }
}

function closeSlice({ rate, closed, closedTotal }: SlidingWindow, from: number, to: number, used: number) {
  // A slice of tokens is stored even if empty, because a running call may still add its tokens to it.
  const hasSlice = used > 0 || rate.unit === 'tokens'
  const all = hasSlice ? appendSlice(closed, sliceAt(from, rate), used) : closed
  const oldest = sliceAt(to, rate) - slices
  if ((all[0]?.[0] ?? oldest) >= oldest) return { rate, closed: all, closedTotal: closedTotal + used }
  const kept: Chunk[] = []
  let total = closedTotal + used
  for (const chunk of all) {
    let at = 0
    for (; at < chunk.length && (chunk[at] ?? 0) < oldest; at += 2) total -= chunk[at + 1] ?? 0
    if (at < chunk.length) kept.push(at === 0 ? chunk : chunk.slice(at))
  }
  return { rate, closed: kept, closedTotal: total }
}

function appendSlice(chunks: readonly Chunk[], slice: number, used: number): readonly Chunk[] {
  const last = chunks.at(-1)
  if (last === undefined || last.length >= chunkLength) return [...chunks, [slice, used]]
  return chunks.with(-1, [...last, slice, used])
}

/** Adds to the current slices; returns the new `lastUse`. */
export function addUse(
  windows: RateUse['windows'],
  lastUse: RateUse['lastUse'],
  requests: number,
  tokens: number,
): RateUse['lastUse'] {
  // Copies the list and then changes it, because a growing list allocates twice.
  const added = lastUse.slice()
  for (let at = 0; at < added.length; at++) {
    added[at] = (added[at] ?? 0) + (windows[at]?.rate.unit === 'tokens' ? tokens : requests)
  }
  return added
}

/** Corrects the tokens that were added at `then`, as seen at `now`; changes nothing in a window that they have left. */
export function correctTokens(
  before: RateUse['windows'],
  lastBefore: RateUse['lastUse'],
  then: number,
  now: number,
  difference: number,
): RateUse {
  if (difference === 0 || before.length === 0) return { windows: before, lastUse: lastBefore }
  let windows = before
  const lastUse = lastBefore.slice()
  for (let at = 0; at < windows.length; at++) {
    const window = windows[at]
    if (window?.rate.unit !== 'tokens') continue
    const slice = sliceAt(then, window.rate)
    if (slice === sliceAt(now, window.rate)) lastUse[at] = Math.max(0, (lastUse[at] ?? 0) + difference)
    else windows = windows.with(at, correctClosed(window, slice, difference))
  }
  return { windows, lastUse }
}

function correctClosed(window: SlidingWindow, slice: number, difference: number): SlidingWindow {
  const { rate, closed, closedTotal } = window
  // From the end, because most calls take seconds.
  for (let chunkAt = closed.length - 1; chunkAt >= 0; chunkAt--) {
    const chunk = closed[chunkAt] ?? []
    for (let at = 0; at < chunk.length; at += 2) {
      if (chunk[at] !== slice) continue
      const before = chunk[at + 1] ?? 0
      const after = Math.max(0, before + difference)
      const changed = closed.with(chunkAt, chunk.with(at + 1, after))
      return { rate, closed: changed, closedTotal: closedTotal - before + after }
    }
  }
  return window
}

function sliceAt(instant: number, { sliceMs }: Rate): number {
  return Math.floor(instant / sliceMs)
}

/** Cache: each transaction writes the heads, but they change only when a slice closes. */
const windowHeads = new WeakMap<RateUse['windows'], readonly string[]>()

/** Writes the JSON of an object with all slices of each rate in one flat list, by the rate's name. */
export function stringifyRateUse({ windows, lastUse }: RateUse, now: number): string {
  if (windows.length === 0) return '{}'
  const heads = windowHeadsOf(windows, now)
  let json = '{'
  for (let at = 0; at < heads.length; at++) json += heads[at] + String(lastUse[at])
  return `${json}]}`
}

/**
 * Returns the JSON before the use of each rate's last slice, which also closes the previous rate. A closing slice
 * creates new windows.
 */
function windowHeadsOf(windows: RateUse['windows'], now: number): readonly string[] {
  const known = windowHeads.get(windows)
  if (known !== undefined) return known
  const created = windows.map(
    ({ rate, closed }, at) => `${at === 0 ? '' : '],'}"${rate.name}":[${toJson(closed)}${sliceAt(now, rate)},`,
  )
  windowHeads.set(windows, created)
  return created
}

/** Cache of closed slices as JSON, each number with a comma. A correction of one rate keeps the JSON of the others. */
const closedJson = new WeakMap<readonly Chunk[], string>()

function toJson(closed: readonly Chunk[]): string {
  if (closed.length === 0) return ''
  const known = closedJson.get(closed)
  if (known !== undefined) return known
  const created = `${closed.join()},`
  closedJson.set(closed, created)
  return created
}

/** Parses the JSON of {@link stringifyRateUse}. Drops rates that only a newer version counts. */
export function toRateUse(stored: Readonly<Record<string, readonly number[]>>, now: number): RateUse {
  const windows: SlidingWindow[] = []
  const lastUse: number[] = []
  for (const [name, pairs] of Object.entries(stored)) {
    const rate = findRate(name)
    if (rate === undefined) continue
    const current = sliceAt(now, rate)
    let closed = none
    let closedTotal = 0
    let last = 0
    for (let at = 0; at < pairs.length; at += 2) {
      const slice = pairs[at] ?? 0
      const used = pairs[at + 1] ?? 0
      // The first release pruned slices only some time after they had left the window.
      if (slice < current - slices) continue
      if (slice === current) {
        last = used
        continue
      }
      closed = appendSlice(closed, slice, used)
      closedTotal += used
    }
    windows.push({ rate, closed, closedTotal })
    lastUse.push(last)
  }
  return { windows, lastUse }
}
