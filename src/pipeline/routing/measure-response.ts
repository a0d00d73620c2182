import type { MeasuredResponse } from '../../routing/health.ts'
import type { Attempt } from '../call/attempt.ts'

export type EndedAttempt = Pick<
  Attempt,
  | 'wasSent'
  | 'isDeferred'
  | 'outcome'
  | 'failure'
  | 'firstByteMs'
  | 'firstOutputMs'
  | 'durationMs'
  | 'usage'
  | 'producedTokens'
> & { readonly estimate: Pick<Attempt['estimate'], 'isStream'> }

/**
 * Measures the speed of an attempt. `usualTokens` is the output of a usual call. Returns undefined for an attempt that
 * tells nothing about it: a refusal comes sooner than a token.
 */
export function measureResponse(attempt: EndedAttempt, usualTokens: number): MeasuredResponse | undefined {
  const { wasSent, isDeferred, outcome, failure, durationMs, usage, producedTokens } = attempt
  const { isStream } = attempt.estimate
  if (!wasSent || isDeferred) return undefined
  // The first bytes of a stream may be far from its first token, as those of a response that has begun to think.
  const firstByteMs = isStream && outcome !== 'ok' ? undefined : attempt.firstByteMs
  const firstOutputMs = attempt.firstOutputMs ?? firstByteMs
  const isGivenUp = firstOutputMs === undefined && (outcome === 'client_gone' || failure === 'timeout')
  if (isGivenUp) return { firstOutputMs, outputTokens: usualTokens, durationMs }
  if (outcome === 'upstream_error' || firstOutputMs === undefined) return undefined
  // A stream of Messages that does not end has reported 0. Sound has no tokens, however many were produced.
  const produced = isStream ? producedTokens : undefined
  return { firstOutputMs, outputTokens: usage?.outputTokens || produced || 0, durationMs }
}
