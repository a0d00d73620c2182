import type { MeasuredResponse } from '../../routing/health.ts'
import type { Attempt } from '../call/attempt.ts'

type EndedAttempt = Pick<Attempt, 'outcome' | 'failure' | 'firstByteMs' | 'durationMs' | 'usage' | 'producedTokens'> & {
  readonly estimate: Pick<Attempt['estimate'], 'isStream'>
}

/** Returns undefined for an attempt that tells nothing about the speed: a refusal comes sooner than a token. */
export function measureResponse(attempt: EndedAttempt): MeasuredResponse | undefined {
  const { outcome, failure, firstByteMs, durationMs, usage, producedTokens } = attempt
  const { isStream } = attempt.estimate
  // As slow as one token: otherwise a target whose callers all leave would stay unmeasured, and be tried first.
  const isGivenUp = firstByteMs === undefined && (outcome === 'client_gone' || failure === 'timeout')
  if (isGivenUp) return { isStream, firstByteMs, outputTokens: 1, durationMs }
  if (outcome === 'upstream_error' || firstByteMs === undefined) return undefined
  return { isStream, firstByteMs, outputTokens: usage?.outputTokens ?? producedTokens ?? 0, durationMs }
}
