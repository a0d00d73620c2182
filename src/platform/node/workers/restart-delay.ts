const longestMs = 10_000
/** A worker that lived for so long did not die of its start. */
const forgetAfterMs = 60_000

/** How long to wait with the next restart: at once for the first in a while, then twice as long each time. Times in milliseconds. */
export function createRestartDelay(): (now: number) => number {
  let delayMs = 0
  let lastAt = Number.NEGATIVE_INFINITY
  return (now) => {
    delayMs = now - lastAt > forgetAfterMs ? 0 : Math.min(longestMs, Math.max(100, delayMs * 2))
    lastAt = now
    return delayMs
  }
}
