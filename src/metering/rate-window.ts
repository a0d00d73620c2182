import type { RatePeriod } from './limits.ts'

/**
 * What was used in the last minute, hour or day: pairs of a slice's number and the use in it, oldest first, in one flat list.
 *
 * A window has 60 slices. Together with the one that has just begun, 61 are counted, so that no stretch of the window's length holds more
 * than the limit, wherever it begins; what was used becomes free at most a 60th of the window late.
 */
export type RateWindow = number[]

const slices = 60

/** Milliseconds. */
const sliceMs: Readonly<Record<RatePeriod, number>> = { minute: 1_000, hour: 60_000, day: 24 * 60_000 }

/** Forgets what has left the window by `now`, and answers what is left in it. */
export function usedIn(window: RateWindow, per: RatePeriod, now: number): number {
  const oldest = sliceAt(now, per) - slices
  while (window.length > 0 && (window[0] ?? 0) < oldest) window.splice(0, 2)
  let used = 0
  for (let at = 1; at < window.length; at += 2) used += window[at] ?? 0
  return used
}

/** Adds to the slice of `now`; time may not have gone back. */
export function addTo(window: RateWindow, per: RatePeriod, now: number, amount: number): void {
  const slice = sliceAt(now, per)
  if (window.at(-2) === slice) window[window.length - 1] = (window.at(-1) ?? 0) + amount
  else window.push(slice, amount)
}

/** Corrects what was added at `then`; nothing, where that has left the window. */
export function correct(window: RateWindow, per: RatePeriod, then: number, difference: number): void {
  const slice = sliceAt(then, per)
  for (let at = 0; at < window.length; at += 2) {
    if (window[at] !== slice) continue
    window[at + 1] = Math.max(0, (window[at + 1] ?? 0) + difference)
    return
  }
}

/** Milliseconds from `now` until at most `rest` of what is in the window is left in it; 0 where that is so already. */
export function untilAtMost(window: RateWindow, per: RatePeriod, now: number, rest: number): number {
  let used = 0
  for (let at = window.length - 1; at > 0; at -= 2) {
    used += window[at] ?? 0
    if (used > rest) return Math.max(0, ((window[at - 1] ?? 0) + slices + 1) * sliceMs[per] - now)
  }
  return 0
}

function sliceAt(now: number, per: RatePeriod): number {
  return Math.floor(now / sliceMs[per])
}
