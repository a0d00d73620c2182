import type { MeasuredResponse } from '../../routing/health.ts'
import type { Attempt } from '../call/attempt.ts'

type EndedAttempt = Pick<
  Attempt,
  'outcome' | 'failure' | 'firstByteMs' | 'firstOutputMs' | 'durationMs' | 'usage' | 'producedTokens'
> & {
  readonly estimate: Pick<Attempt['estimate'], 'isStream'>
}

/** Returns undefined for an attempt that tells nothing about the speed: a refusal comes sooner than a token. */
export function measureResponse(attempt: EndedAttempt): MeasuredResponse | undefined {
  const { outcome, failure, durationMs, usage, producedTokens } = attempt
  const { isStream } = attempt.estimate
  // The first bytes of a stream may be far from its first token, as those of a response that has begun to think.
  const firstByteMs = isStream && outcome !== 'ok' ? undefined : attempt.firstByteMs
  const firstOutputMs = attempt.firstOutputMs ?? firstByteMs
  // As slow as one token: otherwise a target whose callers all leave would stay unmeasured, and be tried first.
  const isGivenUp = firstOutputMs === undefined && (outcome === 'client_gone' || failure === 'timeout')
  if (isGivenUp) return { isStream, firstOutputMs, outputTokens: 1, durationMs }
  if (outcome === 'upstream_error' || firstOutputMs === undefined) return undefined
  return { isStream, firstOutputMs, outputTokens: usage?.outputTokens ?? producedTokens ?? 0, durationMs }
}
