import type { Random } from './create-random.ts'
import { callers } from './open-ledger-file.ts'

/** The behaviour of one call, from its caller to its upstream. The upstream reads it from the prompt. */
export interface CallPlan {
  /** The request id, which joins the three sets of records, and the request's `user`. */
  readonly user: string
  readonly secret: string
  readonly isStream: boolean
  /** Tokens that the upstream will report. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly maxTokens: number
  /** Milliseconds before the first byte, and between two events. */
  readonly delayMs: number
  readonly paceMs: number
  readonly events: number
  /** The upstream returns 500. */
  readonly fails: boolean
  /** The caller disconnects after this many events; 0 means before the first byte, undefined never. */
  readonly leavesAfter: number | undefined
}

export function planCall(user: string, random: Random): CallPlan {
  const isStream = random.chance(0.6)
  const events = random.integer(1, 20)
  const outputTokens = random.integer(1, 400)
  return {
    user,
    secret: random.pick(callers).secret,
    isStream,
    inputTokens: random.integer(20, 200),
    outputTokens,
    // Some models exceed their limit.
    maxTokens: random.chance(0.9) ? outputTokens + random.integer(0, 200) : Math.ceil(outputTokens / 2),
    delayMs: random.integer(0, 40),
    paceMs: random.integer(0, 4),
    events,
    fails: random.chance(0.05),
    leavesAfter: random.chance(0.15) ? random.integer(0, isStream ? events : 0) : undefined,
  }
}

export function toBody(plan: CallPlan): string {
  const { user, isStream, maxTokens } = plan
  return JSON.stringify({
    ...{ model: 'gpt-4o-mini', user, max_tokens: maxTokens },
    messages: [{ role: 'user', content: JSON.stringify(plan) }],
    ...(isStream && { stream: true, stream_options: { include_usage: true } }),
  })
}

export function toUsage({ inputTokens, outputTokens }: CallPlan) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  }
}
