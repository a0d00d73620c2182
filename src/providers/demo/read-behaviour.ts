/** How a model's name asks the demo to behave. */
export interface Behaviour {
  /** Milliseconds before the answer begins; infinite for a provider that stays silent. */
  readonly delayMs: number
  readonly errorStatus?: number
  /** Overrules the configured pace. */
  readonly wordDelayMs?: number
  /** The body breaks in the middle. */
  readonly isCut?: boolean
}

/** Slow enough to watch, and to try a stop button on. */
const slowWordDelayMs = 1_000

/** The longest that timers take: 2^31 - 1. */
const longestDelayMs = 2_147_483_647

/** `error-429`, `delay-2000`, `slow`, `cut`, `silent`; every other name behaves well. */
export function readBehaviour(modelName: string): Behaviour {
  const [, kind, digits] = /^(error|delay)-(\d+)$/.exec(modelName) ?? []
  const number = Number(digits)
  if (kind === 'error' && number >= 400 && number <= 599) return { delayMs: 0, errorStatus: number }
  if (kind === 'delay') return { delayMs: Math.min(number, longestDelayMs) }
  if (modelName === 'slow') return { delayMs: 0, wordDelayMs: slowWordDelayMs }
  if (modelName === 'cut') return { delayMs: 0, isCut: true }
  if (modelName === 'silent') return { delayMs: Number.POSITIVE_INFINITY }
  return { delayMs: 0 }
}
