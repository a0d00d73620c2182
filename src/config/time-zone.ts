import { didYouMean } from '../core/did-you-mean.ts'

/**
 * Returns the canonical name of a time zone; undefined if the runtime does not know it. An offset (`+02:00`) is
 * refused.
 */
export function toTimeZone(name: string): string | undefined {
  if (!/^[a-z]/i.test(name)) return undefined
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}

export function timeZoneProblem(name: string): string | undefined {
  if (toTimeZone(name) !== undefined) return undefined
  const hint = didYouMean(name, ['UTC', ...Intl.supportedValuesOf('timeZone')], { limit: 1 })
  return `is an unknown time zone. ${hint ?? 'Use a name such as `UTC` or `Europe/Berlin`'}`
}
