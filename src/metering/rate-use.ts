import { findRate, type Rate } from './rate.ts'

/**
 * The use of the limited rates of a subject in their last minute, hour or day, at an instant. Immutable: one more use
 * copies one list of numbers, the correction of an older slice one chunk, and all else is shared.
 *
 * A window has 60 slices. Together with the one that has just begun, 61 are counted, so that no stretch of the window's
 * length holds more than the limit, wherever it begins; a use becomes free at most a 60th of the window late.
 */
export interface RateUse {
  readonly windows: readonly SlidingWindow[]
  /** The use of each in the slice of the instant. */
  readonly lastUse: readonly number[]
}

/** The slices of a rate before that of the instant, all of them within the window. */
interface SlidingWindow {
  readonly rate: Rate
  /** Oldest first. */
  readonly closed: readonly Chunk[]
  readonly closedTotal: number
}

/** A few slices that follow each other: pairs of a slice's number and the use in it, in one flat list. */
type Chunk = readonly number[]

const slices = 60

/**
 * The numbers of eight slices: 61 slices are eight chunks, so that a change copies some 16 numbers and 8 references.
 */
const chunkLength = 16

const none: readonly Chunk[] = []

export const noUse: RateUse = { windows: [], lastUse: [] }

/** After so many milliseconds no use is counted any more. */
export function windowMsOf({ sliceMs }: Rate): number {
  return (slices + 1) * sliceMs
}

/** The use of a rate in its window. */
export function usedOf(windows: RateUse['windows'], lastUse: RateUse['lastUse'], rate: Rate): number {
  const at = indexOf(windows, rate)
  return (windows[at]?.closedTotal ?? 0) + (lastUse[at] ?? 0)
}

/** Milliseconds from `now` until at most `rest` of the use of a rate is left in its window; 0 if that is so already. */
export function msUntilAtMost(
  windows: RateUse['windows'],
  lastUse: RateUse['lastUse'],
  rate: Rate,
  now: number,
  rest: number,
): number {
  const index = indexOf(windows, rate)
  let used = lastUse[index] ?? 0
  if (used > rest) return untilFree(sliceAt(now, rate), rate, now)
  const closed = windows[index]?.closed ?? none
  for (let chunkAt = closed.length - 1; chunkAt >= 0; chunkAt--) {
    const chunk = closed[chunkAt] ?? []
    for (let at = chunk.length - 2; at >= 0; at -= 2) {
      used += chunk[at + 1] ?? 0
      if (used > rest) return untilFree(chunk[at] ?? 0, rate, now)
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

/** True where the windows are those of the names that are rates, which come first. */
export function areNamed(windows: RateUse['windows'], names: readonly string[]): boolean {
  for (let at = 0; at < windows.length; at++) if (windows[at]?.rate.name !== names[at]) return false
  const next = names[windows.length]
  return next === undefined || findRate(next) === undefined
}

/** The use of the rates among these names and of no others. */
export function limitTo(use: RateUse, names: readonly string[]): RateUse {
  const rates = names.flatMap((name) => findRate(name) ?? [])
  const at = rates.map((rate) => indexOf(use.windows, rate))
  return {
    windows: rates.map((rate, index) => use.windows[at[index] ?? -1] ?? { rate, closed: none, closedTotal: 0 }),
    lastUse: at.map((index) => use.lastUse[index] ?? 0),
  }
}

/** Brings the use from an instant to a later one: slices are closed, and dropped when they have left their window. */
export function bringUse(use: RateUse, from: number, to: number): RateUse {
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
  // Tokens also where there are none, so that there is a slice for those that a call turns out to use.
  const isKept = used > 0 || rate.unit === 'tokens'
  const all = isKept ? appendSlice(closed, sliceAt(from, rate), used) : closed
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

/** Adds to the slices of the instant; returns the new `lastUse`. */
export function addUse(
  windows: RateUse['windows'],
  lastUse: RateUse['lastUse'],
  requests: number,
  tokens: number,
): RateUse['lastUse'] {
  // Copied whole and then changed, since a list that grows allocates twice.
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
  // From the end, since most calls take seconds.
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

/** Written with every transaction, and changed when a slice closes. */
const windowHeads = new WeakMap<RateUse['windows'], readonly string[]>()

/** The JSON of an object with all slices of each rate in one flat list, by the rate's name. */
export function stringifyRateUse({ windows, lastUse }: RateUse, now: number): string {
  if (windows.length === 0) return '{}'
  const heads = windowHeadsOf(windows, now)
  let text = '{'
  for (let at = 0; at < heads.length; at++) text += heads[at] + String(lastUse[at])
  return `${text}]}`
}

/** For each rate the text before the use in its last slice, which ends the rate before. A slice that closes makes new windows. */
function windowHeadsOf(windows: RateUse['windows'], now: number): readonly string[] {
  const known = windowHeads.get(windows)
  if (known !== undefined) return known
  const made = windows.map(
    ({ rate, closed }, at) => `${at === 0 ? '' : '],'}"${rate.name}":[${toText(closed)}${sliceAt(now, rate)},`,
  )
  windowHeads.set(windows, made)
  return made
}

/** Closed slices as text, each number with a comma. The correction of one rate leaves those of the others. */
const closedTexts = new WeakMap<readonly Chunk[], string>()

function toText(closed: readonly Chunk[]): string {
  if (closed.length === 0) return ''
  const known = closedTexts.get(closed)
  if (known !== undefined) return known
  const made = `${closed.join()},`
  closedTexts.set(closed, made)
  return made
}

/** Reads {@link stringifyRateUse}. A rate that a newer version counts is left out. */
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
      // The first release left slices in a window's list for a while after they had left the window.
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
